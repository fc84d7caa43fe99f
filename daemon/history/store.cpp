#include "daemon/history/store.hpp"

#include <array>

#include <boost/json.hpp>

#include "daemon/history/query.hpp"

namespace gv::history {

namespace json = boost::json;

namespace {

// The index holds no second copy of the text. Without `detail` it would not know phrases.
constexpr std::array steps{R"(
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  profile TEXT NOT NULL,
  model TEXT NOT NULL,
  begun_us INTEGER NOT NULL,
  ended_us INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  goes_on INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  session TEXT NOT NULL REFERENCES sessions(id),
  turn INTEGER NOT NULL,
  role TEXT NOT NULL,
  text TEXT NOT NULL,
  time_us INTEGER NOT NULL,
  begin_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  interrupted INTEGER NOT NULL,
  heard_ms INTEGER NOT NULL,
  sources TEXT NOT NULL
) STRICT;
CREATE INDEX entries_by_session ON entries(session);
CREATE INDEX entries_by_time ON entries(time_us);
CREATE VIRTUAL TABLE words USING fts5(
  text, content = 'entries', content_rowid = 'id', tokenize = "unicode61 remove_diacritics 2");
)"};
constexpr store::Schema schema{0x67764801, steps};  // "gvH"

constexpr const char* session_columns =
    "sessions.id, profile, model, begun_us, ended_us, reason, goes_on";
constexpr const char* entry_columns =
    "turn, role, text, time_us, begin_ms, end_ms, interrupted, heard_ms, sources";

Session session_at(const store::Statement& row, int column) {
  return {row.text(column),           row.text(column + 1),   row.text(column + 2),
          row.number(column + 3),     row.number(column + 4), row.text(column + 5),
          row.number(column + 6) != 0};
}

session::Role role_of(const std::string& name) {
  if (name == contract_name(session::Role::model)) return session::Role::model;
  if (name == contract_name(session::Role::tool)) return session::Role::tool;
  return session::Role::user;
}

std::string to_text(const std::vector<session::WebSource>& sources) {
  json::array all;
  for (const auto& source : sources)
    all.push_back(json::array{source.address, source.title});
  return json::serialize(all);
}

std::vector<session::WebSource> to_sources(const std::string& text) {
  std::vector<session::WebSource> sources;
  json::error_code ec;
  const auto all = json::parse(text, ec);
  if (ec || !all.is_array()) return sources;
  for (const auto& one : all.get_array()) {
    const auto* pair = one.if_array();
    if (pair == nullptr || pair->size() != 2) continue;
    const auto* address = (*pair)[0].if_string();
    const auto* title = (*pair)[1].if_string();
    if (address != nullptr && title != nullptr)
      sources.push_back({std::string(*address), std::string(*title)});
  }
  return sources;
}

Entry entry_at(const store::Statement& row, int column) {
  return {static_cast<std::uint64_t>(row.number(column)),
          role_of(row.text(column + 1)),
          row.text(column + 2),
          row.number(column + 3),
          static_cast<std::uint64_t>(row.number(column + 4)),
          static_cast<std::uint64_t>(row.number(column + 5)),
          row.number(column + 6) != 0,
          static_cast<std::uint32_t>(row.number(column + 7)),
          to_sources(row.text(column + 8))};
}

// A filter that is not set lets all pass.
constexpr const char* filter = " (?1 IS NULL OR profile = ?1) AND (?2 IS NULL OR begun_us >= ?2)";

}  // namespace

std::string history_file(const std::string& state_folder) {
  return state_folder + "/history.db";
}

Store::Store(const std::string& file, store::Access access, std::chrono::milliseconds patience)
    : database_(file, access, schema, patience) {}

void Store::add(const Session& session, const Entry& entry) const {
  database_
      .prepare(
          "INSERT OR IGNORE INTO sessions (id, profile, model, begun_us, goes_on) "
          "VALUES (?, ?, ?, ?, ?)")
      .with(session.id, session.profile, session.model, session.begun_us, session.goes_on)
      .run();
  database_
      .prepare(
          "INSERT INTO entries (session, turn, role, text, time_us, begin_ms, end_ms, "
          "interrupted, heard_ms, sources) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .with(session.id, entry.turn, contract_name(entry.role), entry.text, entry.time_us,
            entry.begin_ms, entry.end_ms, entry.interrupted, entry.heard_ms, to_text(entry.sources))
      .run();
  database_.prepare("INSERT INTO words (rowid, text) VALUES (?, ?)")
      .with(database_.last_row(), entry.text)
      .run();
}

void Store::end(const std::string& session, std::int64_t ended_us,
                const std::string& reason) const {
  database_.prepare("UPDATE sessions SET ended_us = ?, reason = ? WHERE id = ?")
      .with(ended_us, reason, session)
      .run();
}

std::vector<Store::Listed> Store::list(const Which& which) const {
  auto rows =
      database_.prepare(std::string("SELECT ") + session_columns +
                        ", (SELECT count(*) FROM entries WHERE session = sessions.id),"
                        " (SELECT text FROM entries WHERE session = sessions.id AND role <> 'tool'"
                        "  ORDER BY turn, id LIMIT 1)"
                        " FROM sessions WHERE" +
                        filter + " ORDER BY begun_us DESC, id LIMIT ?3");
  rows.with(which.profile, which.since_us, which.most.value_or(-1));
  std::vector<Listed> all;
  while (rows.next())
    all.push_back({session_at(rows, 0), rows.number(7), rows.text(8)});
  return all;
}

std::vector<Session> Store::find(const std::string& beginning, std::int64_t most) const {
  auto rows = database_.prepare(std::string("SELECT ") + session_columns +
                                " FROM sessions WHERE substr(id, 1, length(?1)) = ?1"
                                " ORDER BY begun_us DESC LIMIT ?2");
  rows.with(beginning, most);
  std::vector<Session> all;
  while (rows.next())
    all.push_back(session_at(rows, 0));
  return all;
}

std::optional<Session> Store::last() const {
  auto newest = find("", 1);
  if (newest.empty()) return std::nullopt;
  return std::move(newest.front());
}

// What a tool did is kept before the turn is over that it belongs to.
std::vector<Entry> Store::entries(const std::string& session) const {
  auto rows = database_.prepare(std::string("SELECT ") + entry_columns +
                                " FROM entries WHERE session = ? ORDER BY turn, "
                                "CASE role WHEN 'user' THEN 0 WHEN 'tool' THEN 1 ELSE 2 END, id");
  rows.with(session);
  std::vector<Entry> all;
  while (rows.next())
    all.push_back(entry_at(rows, 0));
  return all;
}

std::vector<Store::Found> Store::search(const std::string& words, const Which& which) const {
  const Query wanted = query(words);
  if (wanted.match.empty() && wanted.within.empty()) return {};
  const bool indexed = !wanted.match.empty();
  std::string sql = std::string("SELECT ") + session_columns + ", turn, role, entries.text, " +
                    "time_us, begin_ms, end_ms, interrupted, heard_ms, sources, " +
                    (indexed ? "snippet(words, 0, '[', ']', '…', 24)" : "entries.text") +
                    " FROM entries JOIN sessions ON sessions.id = entries.session" +
                    (indexed ? " JOIN words ON words.rowid = entries.id" : "") + " WHERE" + filter +
                    (indexed ? " AND words MATCH ?4" : "");
  for (std::size_t i = 0; i < wanted.within.size(); ++i)
    sql += " AND entries.text LIKE ?" + std::to_string(5 + i) + " ESCAPE '\\'";
  auto rows = database_.prepare(sql + " ORDER BY time_us DESC LIMIT ?3");
  rows.with(which.profile, which.since_us, which.most.value_or(-1),
            indexed ? std::optional(wanted.match) : std::nullopt);
  for (std::size_t i = 0; i < wanted.within.size(); ++i)
    rows.also(static_cast<int>(4 + i), wanted.within[i]);
  std::vector<Found> all;
  while (rows.next())
    all.push_back({session_at(rows, 0), entry_at(rows, 7), rows.text(16)});
  return all;
}

// What the index knows of a text goes by telling it the text; its own leaves keep the words until
// they are merged.
template <class... Values>
Store::Removed Store::remove(const std::string& where, const Values&... values) const {
  database_
      .prepare(
          "INSERT INTO words (words, rowid, text) SELECT 'delete', id, text FROM entries WHERE " +
          where)
      .with(values...)
      .run();
  database_.prepare("DELETE FROM entries WHERE " + where).with(values...).run();
  Removed removed{.entries = database_.changes()};
  database_.run(
      "DELETE FROM sessions WHERE NOT EXISTS "
      "(SELECT 1 FROM entries WHERE session = sessions.id)");
  removed.sessions = database_.changes();
  if (removed.entries > 0) database_.run("INSERT INTO words (words) VALUES ('optimize')");
  return removed;
}

Store::Removed Store::remove_before(std::int64_t time_us) const {
  return remove("time_us < ?", time_us);
}

Store::Removed Store::remove_session(const std::string& id) const {
  return remove("session = ?", id);
}

Store::Removed Store::remove_all() const {
  return remove("1");
}

}  // namespace gv::history
