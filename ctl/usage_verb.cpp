#include <charconv>
#include <string>

#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/state.hpp"
#include "ctl/usage_table.hpp"
#include "ctl/verbs.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/paths.hpp"
#include "daemon/usage/books.hpp"
#include "daemon/usage/days.hpp"

namespace gv::ctl {
namespace {

constexpr int most_days = 36'600;

[[noreturn]] void wrong_usage(const std::string& why) {
  throw Problem(Exit::usage, "usage", why, "gemini-voicectl usage --help");
}

int days(const Call& call) {
  if (!call.arguments.has("--days")) return 7;
  const std::string text = call.arguments.value("--days");
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1 || count > most_days) {
    wrong_usage("--days: '" + text + "' is not a number of days from 1 to 36600");
  }
  return count;
}

std::string first_day(const Call& call, std::int64_t now_s) {
  if (!call.arguments.has("--month")) return gv::usage::day_before(now_s, days(call) - 1);
  if (call.arguments.has("--days")) wrong_usage("--month and --days exclude each other");
  return gv::usage::local_day(now_s).substr(0, 8) + "01";
}

By grouping(const Call& call) {
  if (!call.arguments.has("--by")) return By::day;
  const std::string name = call.arguments.value("--by");
  const auto by = by_name(name);
  if (!by) wrong_usage("--by: '" + name + "' is not day, profile or model");
  return *by;
}

gv::config::Usage prices() {
  const auto file = gv::config::find_config_file(std::nullopt, gv::config::process_environment());
  if (!file) return {};
  auto loaded = gv::config::load_file(*file);
  if (!loaded.ok()) {
    throw Problem(Exit::config_invalid, "usage", *file + " has mistakes",
                  "gemini-voicectl config check");
  }
  return std::move(loaded.config.usage);
}

}  // namespace

int usage(const Call& call) {
  const By by = grouping(call);
  const std::int64_t now_s = gv::usage::now_s();
  const std::string first = first_day(call, now_s);
  const gv::config::Usage config = prices();
  gv::usage::Entries entries;
  const auto folder = state_folder("usage");
  try {
    entries = gv::usage::read_books(gv::usage::books_file(folder), first);
  } catch (const FailureError& e) {
    throw Problem(Exit::failed, "usage", e.what());
  }
  const UsageReport report = sum_up(entries, by, gv::usage::local_day(now_s), config);
  if (!call.options.json) {
    print_raw(render(report));
    return 0;
  }
  for (const auto& object : to_json(report))
    print(object);
  return 0;
}

}  // namespace gv::ctl
