#include "daemon/bus/adaptor.hpp"

#include <initializer_list>
#include <string_view>
#include <variant>

#include "daemon/bus/errors.hpp"
#include "daemon/bus/names.hpp"

namespace gv::bus {
namespace {

constexpr std::size_t max_text_bytes = std::size_t{16} * 1024;
constexpr std::size_t max_mime_type_bytes = 100;

void refuse_unknown(const Dict& options, std::initializer_list<std::string_view> known) {
  std::string offered;
  for (const std::string_view name : known)
    offered += (offered.empty() ? "" : ", ") + std::string(name);
  for (const auto& [key, value] : options) {
    bool found = false;
    for (const std::string_view name : known)
      found = found || key == name;
    if (found) continue;
    throw FailureError(Error::invalid_argument,
                       "unknown option '" + key + "'; " +
                           (offered.empty() ? "this method takes none" : "known: " + offered));
  }
}

// The option's value, or fallback where it is not given. type: its name for people.
template <class T>
T option(const Dict& options, const std::string& key, const char* type, T fallback) {
  const auto found = options.find(key);
  if (found == options.end()) return fallback;
  if (!found->second.containsValueOfType<T>()) {
    throw FailureError(Error::invalid_argument, "option '" + key + "' must be a " + type +
                                                    ", not of D-Bus type " +
                                                    std::string(found->second.peekValueType()));
  }
  return found->second.get<T>();
}

session::StartOptions start_options(const Dict& options) {
  refuse_unknown(options, {"profile", "off_the_record"});
  return {option<std::string>(options, "profile", "string (s)", {}),
          option<bool>(options, "off_the_record", "boolean (b)", false)};
}

}  // namespace

sdbus::Variant to_variant(const std::vector<session::WebSource>& sources) {
  std::vector<sdbus::Struct<std::string, std::string>> pairs;
  pairs.reserve(sources.size());
  for (const session::WebSource& source : sources)
    pairs.emplace_back(source.address, source.title);
  return sdbus::Variant{pairs};
}

Dict to_dict(const session::Values& values) {
  const auto convert = [](const auto& value) {
    if constexpr (requires { to_variant(value); }) {
      return to_variant(value);
    } else {
      return sdbus::Variant{value};
    }
  };
  Dict dict;
  for (const auto& [name, value] : values)
    dict.emplace(name, std::visit(convert, value));
  return dict;
}

Adaptor::Adaptor(sdbus::IConnection& connection, session::Control& control,
                 std::function<void()> kick)
    : AdaptorInterfaces(connection, sdbus::ObjectPath{object_path}),
      control_(control),
      deferred_(std::move(kick)),
      callers_(connection) {
  registerAdaptor();
}

Adaptor::~Adaptor() {
  unregisterAdaptor();
}

void Adaptor::emit_properties_changed(const std::vector<PropertyName>& names) {
  emitPropertiesChangedSignal(Name{interface_name}, names);
}

std::string Adaptor::Start(const Dict& options) {
  return guarded("Start", [this, &options] { return control_.start(start_options(options)); });
}

void Adaptor::Stop(const Dict& options) {
  guarded("Stop", [this, &options] {
    refuse_unknown(options, {"forget"});
    control_.stop(option<bool>(options, "forget", "boolean (b)", false));
  });
}

bool Adaptor::Toggle(const Dict& options) {
  return guarded("Toggle", [this, &options] { return control_.toggle(start_options(options)); });
}

void Adaptor::Mute(const bool& muted) {
  guarded("Mute", [this, muted] { control_.mute(muted); });
}

void Adaptor::Talk(const bool& pressed) {
  guarded("Talk", [this, pressed] { control_.talk(pressed); });
}

void Adaptor::Interrupt() {
  guarded("Interrupt", [this] { control_.interrupt(); });
}

std::uint64_t Adaptor::SendText(const std::string& text, const Dict& options) {
  return guarded("SendText", [this, &text, &options] {
    refuse_unknown(options, {});
    if (text.empty()) {
      throw FailureError(Error::invalid_argument, "the text is empty; send at least one character");
    }
    if (text.size() > max_text_bytes) {
      throw FailureError(Error::invalid_argument,
                         "the text has " + std::to_string(text.size()) + " bytes, more than the " +
                             std::to_string(max_text_bytes) + " allowed; send it in parts");
    }
    return control_.send_text(text);
  });
}

template <class Function>
void Adaptor::defer(std::string_view where, sdbus::Result<>&& result, Function&& body) {
  guarded(where, [&] {
    const std::uint64_t number = deferred_.keep(std::move(result));
    deferred_.attempt(number, where, [&] { body(number); });
  });
}

void Adaptor::SendImage(sdbus::Result<>&& result, sdbus::UnixFd image, std::string mime_type,
                        Dict options) {
  defer("SendImage", std::move(result), [&](std::uint64_t call) {
    refuse_unknown(options, {});
    if (!mime_type.starts_with("image/") || mime_type.size() > max_mime_type_bytes) {
      throw FailureError(Error::invalid_argument,
                         "the MIME type must be that of an image, such as image/png");
    }
    control_.send_image(image.get(), mime_type, deferred_.done(call));
  });
}

void Adaptor::SendScreenshot(sdbus::Result<>&& result, Dict options) {
  defer("SendScreenshot", std::move(result), [&](std::uint64_t call) {
    refuse_unknown(options, {});
    control_.send_screenshot(deferred_.done(call));
  });
}

void Adaptor::AnswerToolRequest(sdbus::Result<>&& result, std::string call_id, bool allow) {
  defer("AnswerToolRequest", std::move(result), [&](std::uint64_t call) {
    callers_.judge(sender_of(getObject()), [this, call, call_id, allow](const Failure& refusal) {
      deferred_.attempt(call, "AnswerToolRequest", [&] {
        if (refusal) throw FailureError(refusal);
        control_.answer_tool(call_id, allow);
        deferred_.done(call)({});
      });
    });
  });
}

std::vector<sdbus::Struct<std::string, std::string, std::string>> Adaptor::ListToolRequests() {
  return guarded("ListToolRequests", [this] {
    std::vector<sdbus::Struct<std::string, std::string, std::string>> requests;
    for (const session::ToolRequest& r : control_.tool_requests())
      requests.emplace_back(r.call_id, r.name, r.what);
    return requests;
  });
}

std::vector<sdbus::Struct<std::uint64_t, std::int64_t, std::string, std::string>>
Adaptor::GetTranscript(const std::uint32_t& newest) {
  return guarded("GetTranscript", [this, newest] {
    std::vector<sdbus::Struct<std::uint64_t, std::int64_t, std::string, std::string>> entries;
    for (const session::TranscriptEntry& e : control_.transcript(newest)) {
      entries.emplace_back(e.turn, e.time_us, std::string(contract_name(e.role)), e.text);
    }
    return entries;
  });
}

Dict Adaptor::GetStatistics() {
  return guarded("GetStatistics", [this] { return to_dict(control_.statistics()); });
}

std::vector<sdbus::Struct<std::string, std::string, std::string>> Adaptor::ListDevices() {
  return guarded("ListDevices", [this] {
    std::vector<sdbus::Struct<std::string, std::string, std::string>> devices;
    for (const session::Device& d : control_.devices()) {
      devices.emplace_back(d.direction, d.name, d.description);
    }
    return devices;
  });
}

std::vector<sdbus::Struct<std::string, std::string>> Adaptor::ListProfiles() {
  return guarded("ListProfiles", [this] {
    std::vector<sdbus::Struct<std::string, std::string>> profiles;
    for (const auto& [name, description] : control_.profiles()) {
      profiles.emplace_back(name, description);
    }
    return profiles;
  });
}

std::vector<std::string> Adaptor::Reload() {
  return guarded("Reload", [this] { return control_.reload(); });
}

std::string Adaptor::State() {
  return guarded("State", [this] { return std::string(contract_name(control_.status().state)); });
}

bool Adaptor::Muted() {
  return guarded("Muted", [this] { return control_.status().muted; });
}

bool Adaptor::CaptureOpen() {
  return guarded("CaptureOpen", [this] { return control_.status().capture_open; });
}

bool Adaptor::PlaybackOpen() {
  return guarded("PlaybackOpen", [this] { return control_.status().playback_open; });
}

std::string Adaptor::SessionId() {
  return guarded("SessionId", [this] { return control_.status().session_id; });
}

std::string Adaptor::Profile() {
  return guarded("Profile", [this] { return control_.status().profile; });
}

std::string Adaptor::Model() {
  return guarded("Model", [this] { return control_.status().model; });
}

std::string Adaptor::Version() {
  return guarded("Version", [] { return std::string(GV_VERSION); });
}

std::string Adaptor::EchoMode() {
  return guarded("EchoMode",
                 [this] { return std::string(contract_name(control_.status().echo_mode)); });
}

bool Adaptor::Talking() {
  return guarded("Talking", [this] { return control_.status().talking; });
}

std::string Adaptor::TurnTaking() {
  return guarded("TurnTaking", [this] {
    return std::string(control_.status().by_key ? "push-to-talk" : "automatic");
  });
}

bool Adaptor::OffTheRecord() {
  return guarded("OffTheRecord", [this] { return control_.status().off_the_record; });
}

sdbus::Struct<std::string, std::string> Adaptor::LastError() {
  return guarded("LastError", [this] {
    const Failure& failure = control_.status().last_error;
    return sdbus::Struct<std::string, std::string>{error_name(failure.error), failure.message};
  });
}

}  // namespace gv::bus
