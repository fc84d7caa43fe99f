// Comparing what was heard with what was sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tests/e2e/support/signals.hpp"

namespace gv::e2e {

using SampleView = std::span<const std::int16_t>;

// Where `sent` begins in `heard`, equal in every sample.
std::optional<std::size_t> find_exact(SampleView heard, SampleView sent);

// How many samples of `sent`, from its first on, are equal in `heard` from `at` on.
std::size_t equal_samples(SampleView heard, SampleView sent, std::size_t at);

struct Match {
  std::ptrdiff_t at = 0;  // frame of `heard` where `pattern` begins; may be negative
  double similarity = 0;  // normalised correlation there: 1 is the same, 0 nothing alike
};

// The best place of `pattern` (of the same rate) in `heard`, by cross-correlation; a delay of a
// fraction of a sample makes it no less similar.
Match find_similar(SampleView heard, SampleView pattern);

// `samples` at twice their rate, ideally interpolated.
Samples doubled(SampleView samples);

// Every n-th sample; they must hold nothing above the new half rate.
Samples thinned(SampleView samples, unsigned n);

// Signal to noise of `heard` from `at` on against `sent`, at gain 1, in dB; a delay of a fraction
// of a sample, which a resampler may have, is taken out first. 200 where they are equal.
double snr_db(SampleView heard, SampleView sent, std::ptrdiff_t at);

// One past the last sample above the threshold; 0 where there is none.
std::size_t end_of_sound(SampleView samples, int threshold);

// The longest run of samples within the threshold.
std::size_t longest_silence(SampleView samples, int threshold);

}  // namespace gv::e2e
