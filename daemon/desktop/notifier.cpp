#include "daemon/desktop/notifier.hpp"

#include <algorithm>
#include <list>
#include <string_view>
#include <utility>

#include "daemon/desktop/question_text.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"

namespace gv::desktop {
namespace {

constexpr std::size_t most_questions = 16;

}  // namespace

class Notifier::Impl final : private NotificationObserver {
 public:
  Impl(asio::io_context& io, Answered answered, NotificationServer::Judge judge)
      : answered_(std::move(answered)),
        server_(io, "that a tool asks (gemini-voicectl approve answers)", std::move(judge), *this) {
  }

  ~Impl() override {
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
    questions_.push_back({call_id, name, what, 0, {}, false, false, false});
    server_.look();
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
    erase(*found);
  }

 private:
  struct Question {
    std::string call_id;
    std::string name;
    std::string what;
    std::uint32_t shown_as;  // the server's number; 0: it is not shown
    std::string server;      // which was told to show it
    bool sending;            // and has not answered
    bool withdrawn;
    bool allowable;  // it has the button
  };

  bool waiting() const override { return !questions_.empty(); }

  void ready() override {
    for (Question& question : questions_) {
      if (!question.sending && question.shown_as == 0) show(question);
    }
  }

  void gone() override {
    for (Question& question : questions_)
      question.shown_as = 0;
  }

  // The command line still answers what waits.
  void lost() override { questions_.clear(); }

  void show(Question& question) {
    const bool buttons = server_.buttons();
    QuestionText text =
        question_text(question.name, question.what, question.call_id, server_.markup(), buttons);
    question.allowable = buttons && text.whole;
    Notification notification;
    notification.icon = "dialog-question";
    notification.summary = std::move(text.summary);
    notification.body = std::move(text.body);
    if (question.allowable) notification.buttons.emplace_back("allow", "Allow");
    if (buttons) notification.buttons.emplace_back("deny", "Deny");
    // It stays until it is answered or withdrawn, and shows its buttons unasked.
    notification.urgency = 2;
    notification.expires_ms = 0;
    question.server = server_.name();
    server_.show(notification, [this, &question](std::uint32_t number, const std::string&) {
      shown(question, number);
    });
    question.sending = true;  // it throws where the bus takes nothing
  }

  void shown(Question& question, std::uint32_t number) {
    question.sending = false;
    question.shown_as = number;
    if (question.withdrawn) {
      close(question);
      erase(question);
    } else if (number == 0 && question.server != server_.name() && server_.believed()) {
      show(question);
    }
  }

  void close(const Question& question) { server_.close(question.shown_as, question.server); }

  // The open question that is shown so.
  Question* find(std::uint32_t number, const std::string& server) {
    const auto found = std::find_if(questions_.begin(), questions_.end(), [&](const Question& q) {
      return q.shown_as == number && q.server == server && !q.withdrawn;
    });
    return found == questions_.end() ? nullptr : &*found;
  }

  void pressed(std::uint32_t number, const std::string& server, const std::string& key) override {
    const Question* question = find(number, server);
    if (question == nullptr) return;
    const bool allow = key == "allow" && question->allowable;
    if (!allow && key != "deny") return;
    server_.later([this, call_id = question->call_id, allow] { answered_(call_id, allow); });
    close(*question);  // some servers leave it there
    erase(*question);
  }

  // Without a choice: no answer.
  void closed(std::uint32_t number, const std::string& server) override {
    if (const Question* question = find(number, server)) erase(*question);
  }

  void erase(const Question& question) {
    questions_.remove_if([&question](const Question& q) { return &q == &question; });
    server_.rest();
  }

  Answered answered_;
  std::list<Question> questions_;
  NotificationServer server_;
};

Notifier::Notifier(asio::io_context& io, Answered answered, NotificationServer::Judge judge)
    : impl_(std::make_unique<Impl>(io, std::move(answered), std::move(judge))) {}

Notifier::~Notifier() = default;

void Notifier::ask(const std::string& call_id, const std::string& name, const std::string& what) {
  impl_->ask(call_id, name, what);
}

void Notifier::withdraw(const std::string& call_id) {
  impl_->withdraw(call_id);
}

}  // namespace gv::desktop
