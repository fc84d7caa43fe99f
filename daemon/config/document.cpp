#include "daemon/config/document.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "daemon/util/text.hpp"
#include "daemon/util/words.hpp"

namespace gv::config {
namespace {

// yaml-cpp quotes single bytes of the file, which may be half a character.
constexpr std::size_t longest_complaint = 200;

class Refused : public std::exception {
 public:
  Refused(Place place, std::string message) : error_{place, std::move(message)} {}
  const char* what() const noexcept override { return error_.message.c_str(); }
  const SyntaxError& error() const { return error_; }

 private:
  SyntaxError error_;
};

Place place_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {mark.line + 1, mark.column + 1};
}

// Builds the tree from yaml-cpp's events rather than from its nodes: these keep every mark, tell
// null from "", and let us stop before anything is expanded.
class Builder : public YAML::EventHandler {
 public:
  Element take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) throw Refused(place_of(mark), "only one YAML document is allowed in the file");
    started_ = true;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, anchor, Element::Type::null);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_anchor(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // The text was valid; an escape before half a character need not be.
    if (find_invalid_utf8(value) != std::string_view::npos) {
      throw Refused(place_of(mark), "an escape in it makes text that is not valid UTF-8");
    }
    Element& scalar = add(mark, anchor, Element::Type::scalar);
    scalar.text = value;
    scalar.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";  // "!": not plain
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, Element::Type::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, Element::Type::map);
  }
  void OnMapEnd() override { close(); }

 private:
  [[noreturn]] static void refuse_anchor(const YAML::Mark& mark) {
    throw Refused(place_of(mark),
                  "YAML anchors (&) and aliases (*) are not allowed here; write "
                  "the value out, in quotes if it begins with & or *");
  }

  static Element make(const YAML::Mark& mark, YAML::anchor_t anchor, Element::Type type) {
    if (anchor != 0) refuse_anchor(mark);
    return Element{type, place_of(mark), {}, false, {}};
  }

  Element& add(const YAML::Mark& mark, YAML::anchor_t anchor, Element::Type type) {
    Element node = make(mark, anchor, type);
    if (open_.empty()) return root_ = std::move(node);
    return open_.back().children.emplace_back(std::move(node));
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, Element::Type type) {
    if (open_.size() == deepest_nesting) throw Refused(place_of(mark), "nested too deeply");
    open_.push_back(make(mark, anchor, type));
  }

  void close() {
    Element node = std::move(open_.back());
    open_.pop_back();
    (open_.empty() ? root_ : open_.back().children.emplace_back()) = std::move(node);
  }

  Element root_;
  std::vector<Element> open_;  // the lists and maps that have begun and not ended, outermost first
  bool started_ = false;
};

Place place_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<int>(lines) + 1, static_cast<int>(offset - line_start) + 1};
}

// yaml-cpp takes NUL and 0x04 for the end of the file, and would drop the rest in silence.
std::optional<SyntaxError> check_characters(std::string_view text) {
  const auto bad = std::find_if(text.begin(), text.end(), [](char c) {
    return is_control(c) && c != '\n' && c != '\r' && c != '\t';
  });
  if (bad != text.end()) {
    return SyntaxError{place_at(text, static_cast<std::size_t>(bad - text.begin())),
                       "holds a NUL or another control character; is this a text file?"};
  }
  if (const std::size_t at = find_invalid_utf8(text); at != std::string_view::npos) {
    return SyntaxError{place_at(text, at), "not valid UTF-8; save the file as UTF-8"};
  }
  return std::nullopt;
}

}  // namespace

std::variant<Element, SyntaxError> parse_document(std::string_view text) {
  if (text.size() > largest_file) return SyntaxError{{}, "larger than 1 MiB"};
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);  // byte order mark
  if (auto error = check_characters(text)) return std::move(*error);
  try {
    // yaml-cpp forgives a quote that is still open after the last line break, and so would swallow
    // the rest of the file. A comment without a line break after it takes that way out.
    std::istringstream stream(std::string(text) + (text.ends_with('\n') ? "#" : "\n#"));
    YAML::Parser parser(stream);
    Builder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
  } catch (const Refused& refused) {
    return refused.error();
  } catch (const YAML::Exception& error) {
    return SyntaxError{place_of(error.mark),
                       "not valid YAML: " + printable(error.msg, longest_complaint)};
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return SyntaxError{{}, "not valid YAML: " + printable(error.what(), longest_complaint)};
  }
}

}  // namespace gv::config
