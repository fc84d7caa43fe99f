#include "daemon/bus/service.hpp"

#include <utility>
#include <vector>

#include "daemon/bus/adaptor.hpp"
#include "daemon/bus/errors.hpp"
#include "daemon/bus/names.hpp"
#include "daemon/bus/pump.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"

namespace gv::bus {
namespace {

std::unique_ptr<sdbus::IConnection> connect() {
  try {
    return sdbus::createSessionBusConnection();
  } catch (const sdbus::Error& e) {
    throw FailureError(Error::network_unavailable,
                       std::string("no D-Bus session bus: ") + e.getMessage() +
                           ". Start gemini-voiced from a login session or through systemd --user, "
                           "or set DBUS_SESSION_BUS_ADDRESS");
  }
}

void take_name(sdbus::IConnection& connection) {
  try {
    connection.requestName(Name{bus_name});  // neither version queues for it
  } catch (const sdbus::Error& e) {
    if (e.getName() == "org.freedesktop.DBus.Error.FileExists") {
      throw FailureError(Error::busy,
                         std::string("gemini-voiced is already running: the bus name ") + bus_name +
                             " is taken. Try: systemctl --user status gemini-voiced");
    }
    throw FailureError(Error::busy, std::string("the bus refuses the name ") + bus_name + ": " +
                                        e.getMessage() + ". Check the bus's policy");
  }
}

Dict to_dict(const session::TranscriptDetails& details) {
  Dict dict{{"interrupted", sdbus::Variant{details.interrupted}},
            {"heard_ms", sdbus::Variant{details.heard_ms}}};
  if (details.end_ms != 0) {
    dict.emplace("begin_ms", sdbus::Variant{details.begin_ms});
    dict.emplace("end_ms", sdbus::Variant{details.end_ms});
  }
  if (!details.sources.empty()) dict.emplace("sources", to_variant(details.sources));
  return dict;
}

std::vector<PropertyName> differences(const session::Status& a, const session::Status& b) {
  std::vector<PropertyName> names;
  const auto note = [&names](bool differs, const char* name) {
    if (differs) names.emplace_back(name);
  };
  note(a.state != b.state, "State");
  note(a.muted != b.muted, "Muted");
  note(a.capture_open != b.capture_open, "CaptureOpen");
  note(a.playback_open != b.playback_open, "PlaybackOpen");
  note(a.session_id != b.session_id, "SessionId");
  note(a.profile != b.profile, "Profile");
  note(a.model != b.model, "Model");
  note(a.echo_mode != b.echo_mode, "EchoMode");
  note(a.talking != b.talking, "Talking");
  note(a.by_key != b.by_key, "TurnTaking");
  note(a.off_the_record != b.off_the_record, "OffTheRecord");
  note(a.last_error != b.last_error, "LastError");
  return names;
}

}  // namespace

// The order of members is the order of life: the pump goes first, the connection last.
class Service::Impl {
 public:
  Impl(asio::io_context& io, session::Control& control,
       std::function<void(const std::string&)> on_lost)
      : control_(control),
        connection_(connect()),
        adaptor_(*connection_, control, [this] { pump_.kick(); }),
        last_((take_name(*connection_), control.status())),
        pump_(io, source_of(*connection_), std::move(on_lost)) {}

  // A signal that cannot be sent is no reason to disturb the session: the pump learns by itself
  // when the bus is gone.
  template <class Function>
  void emit(Function&& send) {
    gv::guarded("a signal", [this, &send] {
      try {
        send(adaptor_);
      } catch (const sdbus::Error& e) {
        log::warning("bus", std::string("a signal was not sent: ") + e.what());
      }
    });
    gv::guarded("waking the bus", [this] { pump_.kick(); });
  }

  void status_changed(const session::Status& status) {
    const std::vector<PropertyName> names = differences(last_, status);
    last_ = status;
    if (names.empty()) return;
    emit([&names](Adaptor& adaptor) { adaptor.emit_properties_changed(names); });
  }

  session::Control& control() { return control_; }

 private:
  session::Control& control_;
  std::unique_ptr<sdbus::IConnection> connection_;
  Adaptor adaptor_;
  session::Status last_;  // as last told to the bus
  Pump pump_;
};

Service::Service(asio::io_context& io, session::Control& control,
                 std::function<void(const std::string&)> on_lost)
    : impl_(std::make_unique<Impl>(io, control, std::move(on_lost))) {
  control.add_observer(*this);
}

Service::~Service() {
  impl_->control().remove_observer(*this);
}

void Service::status_changed(const session::Status& status) {
  impl_->status_changed(status);
}

void Service::transcript_delta(std::uint64_t turn, session::Role role, const std::string& text) {
  impl_->emit([turn, role, &text](Adaptor& adaptor) {
    adaptor.emitTranscriptDelta(turn, std::string(contract_name(role)), text);
  });
}

void Service::transcript_completed(std::uint64_t turn, session::Role role, const std::string& text,
                                   const session::TranscriptDetails& details) {
  impl_->emit([turn, role, &text, &details](Adaptor& adaptor) {
    adaptor.emitTranscriptCompleted(turn, std::string(contract_name(role)), text, to_dict(details));
  });
}

void Service::turn_completed(std::uint64_t turn, const session::Values& details) {
  impl_->emit(
      [turn, &details](Adaptor& adaptor) { adaptor.emitTurnCompleted(turn, to_dict(details)); });
}

void Service::tool_called(const std::string& call_id, const std::string& name,
                          const std::string& arguments) {
  impl_->emit([&](Adaptor& adaptor) { adaptor.emitToolCalled(call_id, name, arguments); });
}

void Service::tool_finished(const std::string& call_id, const std::string& name,
                            const std::string& result) {
  impl_->emit([&](Adaptor& adaptor) { adaptor.emitToolFinished(call_id, name, result); });
}

void Service::tool_approval_requested(const std::string& call_id, const std::string& name,
                                      const std::string& what) {
  impl_->emit([&](Adaptor& adaptor) { adaptor.emitToolApprovalRequested(call_id, name, what); });
}

void Service::escalation_requested(std::uint64_t turn, const std::string& word) {
  impl_->emit([turn, &word](Adaptor& adaptor) { adaptor.emitEscalationRequested(turn, word); });
}

void Service::budget_warning(double spent, double budget) {
  impl_->emit([spent, budget](Adaptor& adaptor) { adaptor.emitBudgetWarning(spent, budget); });
}

void Service::reloaded(const session::Reloaded& reloaded) {
  impl_->emit([&reloaded](Adaptor& adaptor) {
    adaptor.emitConfigurationReloaded(reloaded.in_force, reloaded.waiting);
  });
}

void Service::session_ended(session::EndReason reason, const std::string& message) {
  impl_->emit([reason, &message](Adaptor& adaptor) {
    adaptor.emitSessionEnded(std::string(contract_name(reason)), message);
  });
}

void Service::error_occurred(const Failure& failure) {
  impl_->emit([&failure](Adaptor& adaptor) {
    adaptor.emitErrorOccurred(error_name(failure.error), failure.message);
  });
}

}  // namespace gv::bus
