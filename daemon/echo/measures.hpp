// How loud the microphone is, and how much of the speaker's sound was taken out of it. Pure; fed by
// EchoFilter. Levels in dB of full scale (the power of a square wave at the limits is 0).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "daemon/echo/canceller.hpp"

namespace gv::echo {

class Measures {
 public:
  static constexpr double silence_dbfs = -96;

  explicit Measures(const Residue& residue = {}) : residue_(residue) {}

  // alike: how much of the microphone follows the far end (DelayFinder), 0: there is no echo.
  void add(ConstFrame captured, ConstFrame cleaned, ConstFrame far, double alike);
  void reset() { *this = Measures(residue_); }

  // The speaker plays, or did within the time that a room takes to fall silent.
  bool far_active() const { return far_hangover_ > 0; }
  // Echo return loss enhancement: how much quieter the canceller made the microphone while the
  // speaker played, in dB. The median of up to eight latest pieces of one second each in which the
  // far end was active and its echo heard: words said into half of them do not change it. Empty
  // while there were fewer than two such pieces, as with headphones, whatever is said.
  std::optional<double> erle_db() const;
  // What of the speaker's level arrives at the microphone, in dB; over the same pieces. (Echo
  // return loss with the sign turned.)
  std::optional<double> coupling_db() const;

  // Such seconds in a row in which hardly anything was taken of what surely was an echo, and not
  // somebody who spoke.
  unsigned bad_s() const { return bad_; }

  double captured_dbfs() const { return captured_dbfs_; }  // of the latest frame
  double cleaned_dbfs() const { return cleaned_dbfs_; }
  double floor_dbfs() const { return floor_dbfs_; }  // the microphone while nothing plays or speaks
  // Not a single bit in ten seconds: muted at the mixer, or no microphone at all.
  bool dead() const { return zeros_ >= 1000; }

 private:
  struct Piece {
    double captured = 0;
    double cleaned = 0;
    double far = 0;
    unsigned frames = 0;
  };
  static constexpr std::size_t most_pieces = 8;
  std::optional<double> median(double Piece::*above, double Piece::*below) const;

  Residue residue_;
  std::array<Piece, most_pieces> pieces_{};
  std::size_t count_ = 0;  // of pieces, ever
  Piece current_;
  int far_hangover_ = 0;  // frames
  double captured_dbfs_ = silence_dbfs;
  double cleaned_dbfs_ = silence_dbfs;
  double floor_dbfs_ = -60;
  unsigned bad_ = 0;
  int zeros_ = 0;
};

}  // namespace gv::echo
