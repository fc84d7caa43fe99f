// A conversation as a file: for `gemini-voicectl history export`, and for the transcripts that a
// profile has written into its transcript_folder. Pure but for the time zone; any thread. What was
// said cannot make anything but text of itself in any of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/history/entry.hpp"

namespace gv::history {

enum class Format { markdown, json, srt, vtt };
// By the name of the option, which is also the end of a file's name: md, json, srt or vtt.
std::optional<Format> format_of(std::string_view name);

// The whole file, with its last newline. The entries are in their order.
std::string exported(Format format, const Session& session, std::span<const Entry> entries);

// As a person reads it, with local times. left_out: entries before the first that are not there
// any more.
std::string to_markdown(const Session& session, std::span<const Entry> entries,
                        std::uint64_t left_out = 0);
// One object: id, profile, model, begun, ended (ISO 8601, UTC), begun_us, ended_us, reason, goes_on
// and entries, as they are on the bus.
std::string to_json(const Session& session, std::span<const Entry> entries);
// SubRip, and WebVTT with a voice for each speaker.
std::string to_srt(std::span<const Entry> entries);
std::string to_vtt(std::span<const Entry> entries);

// "2026-07-14 10:15", local.
std::string local_time(std::int64_t time_us);
// You, Gemini or Tool.
std::string_view speaker(session::Role role);

}  // namespace gv::history
