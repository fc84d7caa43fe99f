#include "daemon/desktop/notifier.hpp"

#include <algorithm>
#include <cstdint>
#include <list>
#include <string_view>
#include <utility>

#include <asio/post.hpp>

#include "daemon/desktop/app.hpp"
#include "daemon/desktop/link.hpp"
#include "daemon/desktop/question_text.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/lineage.hpp"
#include "daemon/util/log.hpp"

namespace gv::desktop {
namespace {

using bus::check;
using bus::on_message;

constexpr const char* server_name = "org.freedesktop.Notifications";
constexpr const char* server_path = "/org/freedesktop/Notifications";
constexpr const char* server_interface = "org.freedesktop.Notifications";
constexpr const char* owner_changes =
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
    "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
    "arg0='org.freedesktop.Notifications'";

constexpr std::size_t most_questions = 16;

}  // namespace

class Notifier::Impl {
 public:
  Impl(asio::io_context& io, Answered answered, Judge judge)
      : io_(io),
        answered_(std::move(answered)),
        judge_(std::move(judge)),
        link_(io, [this](const std::string& why) { lost(why); }) {}

  ~Impl() {
    for (const Question& question : questions_)
      guarded("a notification", [&] { close(question); });
  }

  void ask(const std::string& call_id, const std::string& name, const std::string& what) {
    withdraw(call_id);
    if (questions_.size() >= most_questions) {
      log::warning("desktop", "more than " + std::to_string(most_questions) +
                                  " tools ask at once; the rest is asked by gemini-voicectl alone");
      return;
    }
    questions_.push_back({this, call_id, name, what, 0, {}, false, false, false});
    try {
      connect();
      show_all();
    } catch (const std::exception& e) {
      lost(e.what());
    }
  }

  void withdraw(const std::string& call_id) {
    const auto found = std::find_if(
        questions_.begin(), questions_.end(),
        [&call_id](const Question& q) { return q.call_id == call_id && !q.withdrawn; });
    if (found == questions_.end()) return;
    if (found->sending) {
      found->withdrawn = true;  // its number is on its way
      return;
    }
    guarded("a notification", [&] { close(*found); });
    questions_.erase(found);
    close_when_idle();
  }

 private:
  struct Question {
    Impl* owner;
    std::string call_id;
    std::string name;
    std::string what;
    std::uint32_t shown_as;  // the server's number; 0: it is not shown
    std::string server;      // which was told to show it
    bool sending;            // and has not answered
    bool withdrawn;
    bool allowable;  // it has the button

    void on_shown(sd_bus_message& reply) { owner->on_shown(*this, reply); }
  };
  using Questions = std::list<Question>;

  void connect() {
    if (link_.is_open()) return;
    link_.open();
    link_.watch(server_name, server_path, server_interface, "ActionInvoked",
                on_message<Impl, &Impl::on_action>, this);
    link_.watch(server_name, server_path, server_interface, "NotificationClosed",
                on_message<Impl, &Impl::on_closed>, this);
    check(sd_bus_add_match_async(&link_.bus(), nullptr, owner_changes,
                                 on_message<Impl, &Impl::on_owner>, nullptr, this),
          "watching for a notification server");
  }

  // The command line still answers what waits.
  void lost(const std::string& why) {
    log::info("desktop", "no notification asks for tools: " + why);
    forget_server();
    link_.close();
    questions_.clear();
    calls_ = 0;
    learning_ = false;
  }

  void call(const bus::MessageHandle& message, sd_bus_message_handler_t handler, void* self) {
    link_.call(message, handler, self);
    ++calls_;
  }

  void forget_server() {
    server_.clear();
    markup_ = buttons_ = believed_ = false;
  }

  void show_all() {
    if (server_.empty()) return learn();
    if (!believed_) return;
    for (Question& question : questions_) {
      if (!question.sending && question.shown_as == 0) show(question);
    }
  }

  // Which server there is, what it can do, and whose it is. Starts one where the bus can.
  void learn() {
    if (std::exchange(learning_, true)) return;
    newest_.clear();
    call(bus::new_call(link_.bus(), server_name, server_path, server_interface, "GetCapabilities"),
         on_message<Impl, &Impl::on_capabilities>, this);
  }

  void on_capabilities(sd_bus_message& reply) {
    --calls_;
    learning_ = false;
    const std::string error = error_of(reply);
    // One that came meanwhile was not asked; others are waited for (on_owner).
    if (!newest_.empty() && (!error.empty() || newest_ != sender_of(reply))) return learn();
    if (!error.empty()) {
      log::info("desktop", "no notification server shows that a tool asks: " + error);
      return;
    }
    check(sd_bus_message_enter_container(&reply, 'a', "s"), "GetCapabilities");
    const char* capability = nullptr;
    int more = 0;
    while ((more = sd_bus_message_read(&reply, "s", &capability)) > 0) {
      markup_ = markup_ || std::string_view(capability) == "body-markup";
      buttons_ = buttons_ || std::string_view(capability) == "actions";
    }
    check(more, "GetCapabilities");
    server_ = sender_of(reply);
    seen_ = ticks_since_boot();
    const bus::MessageHandle whose =
        bus::new_call(link_.bus(), "org.freedesktop.DBus", "/org/freedesktop/DBus",
                      "org.freedesktop.DBus", "GetConnectionUnixProcessID");
    check(sd_bus_message_append(whose.get(), "s", server_.c_str()), "GetConnectionUnixProcessID");
    call(whose, on_message<Impl, &Impl::on_process>, this);
    learning_ = true;
  }

  // Of the server, which until then is shown nothing.
  void on_process(sd_bus_message& reply) {
    --calls_;
    learning_ = false;
    if (server_.empty()) {  // it is not the server any more
      if (!newest_.empty()) learn();
      return;
    }
    std::uint32_t pid = 0;
    if (error_of(reply).empty()) {
      check(sd_bus_message_read(&reply, "u", &pid), "GetConnectionUnixProcessID");
    }
    believed_ = pid != 0 && judge_(static_cast<pid_t>(pid), seen_);
    if (!believed_) {
      log::warning("desktop",
                   "no notification asks for tools: their server was started by gemini-voiced, or "
                   "it cannot be seen by whom; gemini-voicectl approve answers");
    }
    show_all();
    close_when_idle();
  }

  void show(Question& question) {
    const QuestionText text =
        question_text(question.name, question.what, question.call_id, markup_, buttons_);
    question.allowable = buttons_ && text.whole;
    const bus::MessageHandle message =
        bus::new_call(link_.bus(), server_.c_str(), server_path, server_interface, "Notify");
    sd_bus_message* const raw = message.get();
    check(sd_bus_message_append(raw, "susss", app_name, 0U, "dialog-question", text.summary.c_str(),
                                text.body.c_str()),
          "Notify");
    // No action "default": a stray click on the notification must not answer.
    if (!buttons_) {
      check(sd_bus_message_append(raw, "as", 0U), "Notify");
    } else if (!question.allowable) {
      check(sd_bus_message_append(raw, "as", 2U, "deny", "Deny"), "Notify");
    } else {
      check(sd_bus_message_append(raw, "as", 4U, "allow", "Allow", "deny", "Deny"), "Notify");
    }
    // Critical: it stays until it is answered or withdrawn, and shows its buttons unasked.
    check(sd_bus_message_append(raw, "a{sv}", 2U, "urgency", "y", 2U, "desktop-entry", "s", app_id),
          "Notify");
    constexpr std::int32_t never = 0;
    check(sd_bus_message_append(raw, "i", never), "Notify");
    question.server = server_;
    question.sending = true;
    call(message, on_message<Question, &Question::on_shown>, &question);
  }

  void on_shown(Question& question, sd_bus_message& reply) {
    --calls_;
    question.sending = false;
    std::uint32_t number = 0;
    if (error_of(reply).empty()) check(sd_bus_message_read(&reply, "u", &number), "Notify");
    // A server that has ended shows nothing any more.
    if (question.server == server_) question.shown_as = number;
    if (question.withdrawn) {
      close(question);
      erase(question);
    } else if (question.shown_as == 0 && question.server != server_ && believed_) {
      show(question);
    }
  }

  void close(const Question& question) {
    if (question.shown_as == 0 || !link_.is_open()) return;
    const bus::MessageHandle message = bus::new_call(
        link_.bus(), question.server.c_str(), server_path, server_interface, "CloseNotification");
    check(sd_bus_message_append(message.get(), "u", question.shown_as), "CloseNotification");
    call(message, on_message<Impl, &Impl::on_gone>, this);
  }

  // Also where it was gone already.
  void on_gone(sd_bus_message& /*reply*/) {
    --calls_;
    close_when_idle();
  }

  // The open question that the signal is about, if the server that shows it has sent it.
  Question* find(sd_bus_message& signal, std::uint32_t number) {
    const std::string sender = sender_of(signal);
    for (Question& question : questions_) {
      if (question.shown_as == number && number != 0 && question.server == sender &&
          !question.withdrawn) {
        return &question;
      }
    }
    return nullptr;
  }

  void on_action(sd_bus_message& signal) {
    std::uint32_t number = 0;
    const char* key = nullptr;
    check(sd_bus_message_read(&signal, "us", &number, &key), "ActionInvoked");
    const Question* question = find(signal, number);
    if (question == nullptr) return;
    const bool allow = std::string_view(key) == "allow" && question->allowable;
    if (!allow && std::string_view(key) != "deny") return;
    later([this, call_id = question->call_id, allow] { answered_(call_id, allow); });
    close(*question);  // some servers leave it there
    erase(*question);
  }

  // Without a choice: no answer.
  void on_closed(sd_bus_message& signal) {
    std::uint32_t number = 0;
    std::uint32_t reason = 0;
    check(sd_bus_message_read(&signal, "uu", &number, &reason), "NotificationClosed");
    if (const Question* question = find(signal, number)) erase(*question);
  }

  void on_owner(sd_bus_message& signal) {
    const char* name = nullptr;
    const char* before = nullptr;
    const char* after = nullptr;
    check(sd_bus_message_read(&signal, "sss", &name, &before, &after), "NameOwnerChanged");
    forget_server();
    for (Question& question : questions_)
      question.shown_as = 0;
    if (*after == '\0' || questions_.empty()) return;
    if (learning_) newest_ = after;
    learn();
  }

  void erase(const Question& question) {
    questions_.remove_if([&question](const Question& q) { return &q == &question; });
    close_when_idle();
  }

  // Not from within libsystemd.
  void close_when_idle() {
    if (!questions_.empty() || calls_ > 0) return;
    later([this] {
      if (!questions_.empty() || calls_ > 0) return;
      link_.close();
      forget_server();
    });
  }

  template <class Function>
  void later(Function function) {
    asio::post(io_, [alive = std::weak_ptr<int>(alive_), function = std::move(function)] {
      if (!alive.expired()) guarded("a question for a tool", function);
    });
  }

  asio::io_context& io_;
  Answered answered_;
  Judge judge_;
  Questions questions_;
  std::string server_;  // its unique name; empty: not known yet
  bool markup_ = false;
  bool buttons_ = false;
  bool believed_ = false;   // it is known, and not what a tool made it
  std::uint64_t seen_ = 0;  // when it was there, in ticks_since_boot()
  bool learning_ = false;
  std::string newest_;     // another server that came while learning
  std::size_t calls_ = 0;  // without an answer yet
  Link link_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

bool Notifier::not_ours(pid_t server, std::uint64_t seen) {
  return tie_to_us(server, seen) == Tie::none;
}

Notifier::Notifier(asio::io_context& io, Answered answered, Judge judge)
    : impl_(std::make_unique<Impl>(io, std::move(answered), std::move(judge))) {}

Notifier::~Notifier() = default;

void Notifier::ask(const std::string& call_id, const std::string& name, const std::string& what) {
  impl_->ask(call_id, name, what);
}

void Notifier::withdraw(const std::string& call_id) {
  impl_->withdraw(call_id);
}

}  // namespace gv::desktop
