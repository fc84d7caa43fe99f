// What the echo test bed computes with: samples as float, in units of a 16-bit sample.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gv::test {

using Signal = std::vector<float>;

// In place; the size is a power of two. The way back is not scaled.
void transform(std::vector<std::complex<float>>& data, bool back);

double decibels(double power_ratio);
// Mean power over the 10 ms pieces that are not pauses, in dB of full scale.
double active_level(const Signal& signal, unsigned rate);
void set_level(Signal& signal, double dbfs, unsigned rate);
void scale(Signal& signal, double decibels);
void add(Signal& signal, const Signal& other);  // as long as `signal`
Signal convolve(const Signal& signal, const Signal& response);
// White noise, always the same for one seed.
Signal noise(std::size_t samples, double dbfs, unsigned seed);
// sample n of the result is `signal` at (n - delay) * speed; windowed sinc.
Signal shift(const Signal& signal, double delay_samples, double speed, std::size_t samples);
Signal convert(const Signal& signal, unsigned from, unsigned to);
// A small loudspeaker: tanh, bent by so much that peaks of `dbfs` lose 3 dB.
Signal overdrive(const Signal& signal, double dbfs);
std::vector<std::int16_t> to_samples(const Signal& signal);

}  // namespace gv::test
