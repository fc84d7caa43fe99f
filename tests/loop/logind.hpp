// As much of logind as a delay lock needs, on the system bus of a test. Processed by the test's own
// loop: nothing happens behind its back.
#pragma once

#include <string>
#include <vector>

#include <systemd/sd-bus.h>

namespace gv::test {

class Logind {
 public:
  Logind();   // takes the name
  ~Logind();  // gives it up, and lets every lock go
  Logind(const Logind&) = delete;
  Logind& operator=(const Logind&) = delete;

  void process();

  struct Lock {
    std::string what;
    std::string mode;
    int fd;  // the end that logind keeps
  };
  // How many delay locks on sleep are held.
  std::size_t locks();
  std::size_t requests() const { return requests_; }
  void prepare_for_sleep(bool begins);
  // As the real one does while the machine goes to sleep.
  bool refuses = false;

 private:
  static int inhibit(sd_bus_message* message, void* self, sd_bus_error* error);
  static const sd_bus_vtable vtable[];

  sd_bus* bus_ = nullptr;
  std::vector<Lock> locks_;
  std::size_t requests_ = 0;
};

}  // namespace gv::test
