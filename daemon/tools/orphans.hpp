// What a tool leaves behind: programs whose parent has ended before them (a double fork, a job in
// the background of a shell). They become our children instead of init's, so that it stays known
// that a tool has started them (daemon/util/lineage), and their end is taken: no zombie is left.
// One object a process, before any tool runs; main thread only; nothing waits.
//
// A child that is not of our process group and that no Child waits for was adopted. Those in our
// group are left alone: a library in this process may have started them (libpulse its server), and
// waits for them itself. Where the kernel does not list children (CONFIG_PROC_CHILDREN), none is
// found, and zombies stay until we end.
#pragma once

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

namespace gv::tools {

class Orphans {
 public:
  // Throws std::system_error.
  explicit Orphans(asio::io_context& io);
  ~Orphans();  // later ones go to init
  Orphans(const Orphans&) = delete;
  Orphans& operator=(const Orphans&) = delete;

 private:
  void wait();

  asio::signal_set ended_;
};

}  // namespace gv::tools
