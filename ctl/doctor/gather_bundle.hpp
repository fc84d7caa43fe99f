// What goes into a bundle, from this machine; and the file. Blocks for some seconds.
#pragma once

#include "ctl/doctor/bundle.hpp"
#include "ctl/doctor/gather.hpp"
#include "ctl/options.hpp"

namespace gv::ctl {

Identity gather_identity();

// Everything but findings and settings. daemon_runs: then it is asked for its statistics.
BundleFacts gather_bundle(const Options& options, const UnitFacts& unit, bool daemon_runs);

// Refuses to write over anything; only its owner can read it. Throws Problem.
void write_bundle(const std::string& path, const std::string& text);

}  // namespace gv::ctl
