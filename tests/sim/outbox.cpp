#include "tests/sim/outbox.hpp"

#include <utility>

#include <boost/json.hpp>

#include "tests/sim/validator.hpp"

namespace gv::sim {

namespace json = boost::json;

void Outbox::send(json::object message, std::string_view what, json::object details) {
  if (quirks.mute) return;
  if (quirks.extra_keys) {
    message["simUnknownEnvelope"] = {{"a", json::array{1, nullptr, "x"}}};
    if (json::value* const content = message.if_contains("serverContent")) {
      content->get_object()["simUnknownContent"] = "ignore me";
    }
  }
  const std::string payload = json::serialize(message);
  const std::int64_t now = monotonic_ns();
  transmit([this, payload, text = quirks.text_frames, fragments = quirks.fragments] {
    link_.send(payload, text, fragments);
  });
  details["what"] = what;
  if (!details.contains("bytes")) details["bytes"] = payload.size();
  log_.write(now, connection_, "sent", details);
}

void Outbox::send(const SendAction& action) {
  if (quirks.mute) return;
  const std::int64_t now = monotonic_ns();
  transmit([this, action] {
    if (action.unframed) {
      link_.send_unframed(action.payload);
    } else {
      link_.send(action.payload, action.text, action.fragments);
    }
  });
  log_.write(now, connection_, "sent", {{"what", "script"}, {"bytes", action.payload.size()}});
}

void Outbox::send_piece(const std::string& bytes, bool last) {
  link_.send_unframed(bytes);
  in_pieces_ = !last;
  if (!last) return;
  for (const auto& transmission : std::exchange(waiting_, {}))
    transmission();
}

void Outbox::transmit(std::function<void()> transmission) {
  if (in_pieces_) {
    waiting_.push_back(std::move(transmission));
  } else {
    transmission();
  }
}

void Outbox::send_audio(std::string_view pcm, json::object extra, json::object envelope) {
  const std::string mime = "audio/pcm;rate=" + std::to_string(quirks.answer_rate);
  extra["modelTurn"] = {
      {"parts", json::array{{{"inlineData", {{"mimeType", mime}, {"data", base64_encode(pcm)}}}}}}};
  json::object details{{"bytes", pcm.size()}, {"offset", downlink_bytes_ / 2}};
  if (const json::value* const transcript = extra.if_contains("outputTranscription")) {
    details["text"] = transcript->at("text");
  }
  if (extra.contains("turnComplete")) details["bundled"] = true;
  envelope["serverContent"] = std::move(extra);
  if (!quirks.mute) {
    log_.record_downlink(pcm);
    downlink_bytes_ += static_cast<std::int64_t>(pcm.size());
  }
  send(std::move(envelope), "audio", std::move(details));
}

void Outbox::log(std::string_view event, const json::object& details) {
  log_.write(monotonic_ns(), connection_, event, details);
}

}  // namespace gv::sim
