#include "daemon/probe/rest.hpp"

#include <memory>
#include <new>

#include <curl/curl.h>

#include "daemon/live/verdict.hpp"

namespace gv::probe {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_body = std::size_t{4} << 20;
constexpr long limit_ms = 4'000;

// curl's options are variadic, its types are told by macros.
template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  if (::curl_easy_setopt(handle, option, value) != CURLE_OK) throw std::bad_alloc();
}

class Get {
 public:
  explicit Get(const Errand& errand) : handle_(::curl_easy_init()), url_(listing_url(errand)) {
    if (!handle_) throw std::bad_alloc();
    CURL* const h = handle_.get();
    set(h, CURLOPT_URL, url_.c_str());
    set(h, CURLOPT_PROTOCOLS_STR, "http,https");
    set(h, CURLOPT_NOSIGNAL, 1L);
    set(h, CURLOPT_FOLLOWLOCATION, 0L);  // the key is for this address
    set(h, CURLOPT_PROXY, "");           // as the daemon, which knows of none
    set(h, CURLOPT_TIMEOUT_MS, limit_ms);
    set(h, CURLOPT_USERAGENT, "gemini-voice/" GV_VERSION);
    set(h, CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(h, CURLOPT_WRITEFUNCTION, &Get::on_bytes);
    if (!errand.ca_file.empty()) set(h, CURLOPT_CAINFO, errand.ca_file.c_str());
  }

  CURL* handle() { return handle_.get(); }

  void add_header(const std::string& line) {
    auto* const longer = ::curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    if (!headers_) headers_.reset(longer);  // else it is the same list
    set(handle_.get(), CURLOPT_HTTPHEADER, headers_.get());
  }

  CURLcode run() { return ::curl_easy_perform(handle_.get()); }

  int status() const {
    long status = 0;
    ::curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }

  // Nothing where it does not say.
  void tell_time(json::object& told) const {
    curl_header* header = nullptr;
    if (::curl_easy_header(handle_.get(), "Date", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
      return;
    }
    const std::int64_t seconds = ::curl_getdate(header->value, nullptr);
    if (seconds > 0) told["server_time"] = seconds;
  }

  const std::string& body() const { return body_; }

 private:
  struct Free {
    void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
  };

  static std::size_t on_bytes(const char* data, std::size_t size, std::size_t count,
                              void* self) noexcept {
    auto& body = static_cast<Get*>(self)->body_;
    if (body.size() + size * count > longest_body) return CURL_WRITEFUNC_ERROR;
    try {
      body.append(data, size * count);
    } catch (const std::bad_alloc&) {
      return CURL_WRITEFUNC_ERROR;
    }
    return size * count;
  }

  std::unique_ptr<CURL, Free> handle_;
  std::unique_ptr<curl_slist, Free> headers_;
  std::string url_;
  std::string body_;
};

}  // namespace

json::object list_models(const Errand& errand) {
  Get get(errand);
  get.add_header("x-goog-api-key: " + errand.key);
  const CURLcode code = get.run();
  json::object told{{"ok", false}};
  get.tell_time(told);
  if (code != CURLE_OK) {
    told["error"] = ::curl_easy_strerror(code);
    return told;
  }
  told["status"] = get.status();
  if (get.status() != 200) {
    live::CloseInfo info;
    info.stage = live::CloseInfo::Stage::upgrade;
    info.http_status = get.status();
    info.http_body = get.body();
    const live::Verdict verdict = live::judge(info, "");
    told["error"] = verdict.what;
    told["refused"] = verdict.failure.error == Error::auth_failed;
    return told;
  }
  const auto models = read_listing(get.body());
  if (!models) {
    told["error"] = "its answer is no list of models";
    return told;
  }
  told["ok"] = true;
  told["models"] = json::value_from(*models);
  return told;
}

json::object ask_the_time(const Errand& errand) {
  Get get(errand);
  set(get.handle(), CURLOPT_NOBODY, 1L);
  set(get.handle(), CURLOPT_SSL_VERIFYPEER, 0L);
  set(get.handle(), CURLOPT_SSL_VERIFYHOST, 0L);
  json::object told;
  if (get.run() == CURLE_OK) get.tell_time(told);
  return told;
}

}  // namespace gv::probe
