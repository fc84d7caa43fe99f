#include "tests/e2e/support/voice_client.hpp"

#include <cstring>
#include <ctime>
#include <system_error>

#include <unistd.h>

namespace gv::e2e {
namespace {

constexpr const char* service = "org.geminivoice.Voice1";
constexpr const char* object = "/org/geminivoice/Voice1";
constexpr const char* error_prefix = "org.geminivoice.Voice1.Error.";

void check(int result, const char* what) {
  if (result < 0) throw std::system_error(-result, std::generic_category(), what);
}

json::value read_value(sd_bus_message* message, char type, const char* contents);

template <typename T>
T read_basic(sd_bus_message* message, char type) {
  T value{};
  check(sd_bus_message_read_basic(message, type, &value), "reading a basic type");
  return value;
}

json::array read_all(sd_bus_message* message) {
  json::array values;
  char type = 0;
  const char* contents = nullptr;
  while (sd_bus_message_peek_type(message, &type, &contents) > 0) {
    values.push_back(read_value(message, type, contents));
  }
  return values;
}

json::value read_container(sd_bus_message* message, char type, const char* contents) {
  const std::string inner = contents;
  check(sd_bus_message_enter_container(message, type, contents), "entering a container");
  json::array values = read_all(message);
  check(sd_bus_message_exit_container(message), "leaving a container");
  if (type == SD_BUS_TYPE_VARIANT) return values.at(0);
  if (type != SD_BUS_TYPE_ARRAY || inner.empty() || inner[0] != '{') return values;
  json::object dictionary;
  for (const json::value& entry : values) {
    const json::array& pair = entry.as_array();
    dictionary[pair.at(0).as_string()] = pair.at(1);
  }
  return dictionary;
}

json::value read_value(sd_bus_message* message, char type, const char* contents) {
  switch (type) {
    case SD_BUS_TYPE_BOOLEAN:
      return read_basic<int>(message, type) != 0;
    case SD_BUS_TYPE_INT32:
      return read_basic<std::int32_t>(message, type);
    case SD_BUS_TYPE_UINT32:
      return read_basic<std::uint32_t>(message, type);
    case SD_BUS_TYPE_INT64:
      return read_basic<std::int64_t>(message, type);
    case SD_BUS_TYPE_UINT64:
      return read_basic<std::uint64_t>(message, type);
    case SD_BUS_TYPE_DOUBLE:
      return read_basic<double>(message, type);
    case SD_BUS_TYPE_STRING:
    case SD_BUS_TYPE_OBJECT_PATH:
    case SD_BUS_TYPE_SIGNATURE:
      return read_basic<const char*>(message, type);
    case SD_BUS_TYPE_ARRAY:
    case SD_BUS_TYPE_STRUCT:
    case SD_BUS_TYPE_DICT_ENTRY:
    case SD_BUS_TYPE_VARIANT:
      return read_container(message, type, contents);
    default:
      throw std::runtime_error(std::string("a D-Bus type that the contract does not use: ") + type);
  }
}

std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

void append_options(sd_bus_message* message, const std::string& profile, bool forget = false) {
  check(sd_bus_message_open_container(message, 'a', "{sv}"), "options");
  if (forget) check(sd_bus_message_append(message, "{sv}", "forget", "b", 1), "forget");
  if (!profile.empty()) {
    check(sd_bus_message_append(message, "{sv}", "profile", "s", profile.c_str()), "profile");
  }
  check(sd_bus_message_close_container(message), "options");
}

}  // namespace

VoiceClient::VoiceClient(const SessionBus& bus) {
  sd_bus* connection = nullptr;
  check(sd_bus_new(&connection), "sd_bus_new");
  bus_.reset(connection);
  check(sd_bus_set_address(connection, bus.address().c_str()), "sd_bus_set_address");
  check(sd_bus_set_bus_client(connection, 1), "sd_bus_set_bus_client");
  check(sd_bus_start(connection), "sd_bus_start");
  check(sd_bus_add_match(connection, nullptr, "type='signal',path='/org/geminivoice/Voice1'",
                         &on_signal, this),
        "sd_bus_add_match");
}

VoiceClient::~VoiceClient() = default;

int VoiceClient::on_signal(sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
  static_cast<VoiceClient*>(self)->signals_.push_back(
      {sd_bus_message_get_member(message), read_all(message), monotonic_ns()});
  return 0;
}

VoiceClient::Message VoiceClient::request(const char* method) const {
  sd_bus_message* message = nullptr;
  check(sd_bus_message_new_method_call(bus_.get(), &message, service, object, service, method),
        method);
  return {message, &sd_bus_message_unref};
}

json::array VoiceClient::send(const Message& message) const {
  sd_bus_error error{};
  sd_bus_message* reply = nullptr;
  const auto limit = std::chrono::duration_cast<std::chrono::microseconds>(patience);
  const int result = sd_bus_call(bus_.get(), message.get(),
                                 static_cast<std::uint64_t>(limit.count()), &error, &reply);
  const Message owned(reply, &sd_bus_message_unref);
  if (result < 0) {
    const std::string name = error.name == nullptr ? "" : error.name;
    const std::string text = error.message == nullptr ? std::strerror(-result) : error.message;
    sd_bus_error_free(&error);
    throw BusError(name.starts_with(error_prefix) ? name.substr(std::strlen(error_prefix)) : name,
                   text);
  }
  return read_all(reply);
}

bool VoiceClient::on_the_bus() {
  return sd_bus_get_name_creds(bus_.get(), service, 0, nullptr) >= 0;
}

std::string VoiceClient::start(const std::string& profile) {
  const Message message = request("Start");
  append_options(message.get(), profile);
  return send(message).at(0).as_string().c_str();
}

void VoiceClient::stop(bool forget) {
  const Message message = request("Stop");
  append_options(message.get(), {}, forget);
  send(message);
}

bool VoiceClient::toggle() {
  const Message message = request("Toggle");
  append_options(message.get(), {});
  return send(message).at(0).as_bool();
}

void VoiceClient::mute(bool muted) {
  const Message message = request("Mute");
  check(sd_bus_message_append(message.get(), "b", muted ? 1 : 0), "Mute");
  send(message);
}

void VoiceClient::talk(bool pressed) {
  const Message message = request("Talk");
  check(sd_bus_message_append(message.get(), "b", pressed ? 1 : 0), "Talk");
  send(message);
}

void VoiceClient::interrupt() {
  send(request("Interrupt"));
}

std::uint64_t VoiceClient::say(const std::string& text) {
  const Message message = request("SendText");
  check(sd_bus_message_append(message.get(), "s", text.c_str()), "SendText");
  append_options(message.get(), {});
  return send(message).at(0).to_number<std::uint64_t>();
}

json::object VoiceClient::statistics() {
  return call("GetStatistics").at(0).as_object();
}

json::array VoiceClient::call(const char* method) {
  return send(request(method));
}

json::value VoiceClient::property(const char* name) {
  sd_bus_message* message = nullptr;
  check(sd_bus_message_new_method_call(bus_.get(), &message, service, object,
                                       "org.freedesktop.DBus.Properties", "Get"),
        name);
  const Message owned(message, &sd_bus_message_unref);
  check(sd_bus_message_append(message, "ss", service, name), name);
  return send(owned).at(0);
}

std::string VoiceClient::state() {
  return property("State").as_string().c_str();
}

void VoiceClient::pump() {
  while (sd_bus_process(bus_.get(), nullptr) > 0) {
  }
}

const std::vector<BusSignal>& VoiceClient::signals() {
  pump();
  return signals_;
}

void VoiceClient::wait_for_state(const std::string& wanted, milliseconds limit) {
  wait_for_property("State", json::string(wanted), limit);
}

void VoiceClient::wait_for_property(const char* name, const json::value& wanted,
                                    milliseconds limit) {
  json::value last;
  const bool came = wait_until(
      [&last, this, name, &wanted] {
        pump();
        last = property(name);
        return last == wanted;
      },
      limit);
  if (came) return;
  throw std::runtime_error(std::string(name) + " is " + json::serialize(last) + ", not " +
                           json::serialize(wanted) + "; LastError " +
                           json::serialize(property("LastError")));
}

BusSignal VoiceClient::wait_for_signal(const std::string& member,
                                       const std::function<bool(const json::array&)>& fits,
                                       std::size_t from, milliseconds limit) {
  std::size_t at = from;
  require(
      "signal " + member,
      [this, &at, &member, &fits] {
        pump();
        for (; at < signals_.size(); ++at) {
          if (signals_[at].member == member && fits(signals_[at].arguments)) return true;
        }
        return false;
      },
      limit);
  return signals_[at];
}

std::vector<std::string> VoiceClient::states() {
  std::vector<std::string> result;
  for (const BusSignal& signal : signals()) {
    if (signal.member != "PropertiesChanged") continue;
    const json::object& changed = signal.arguments.at(1).as_object();
    if (const json::value* state = changed.if_contains("State")) {
      result.emplace_back(state->as_string());
    }
  }
  return result;
}

}  // namespace gv::e2e
