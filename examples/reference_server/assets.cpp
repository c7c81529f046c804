#include "assets.hpp"

#include <kingbolt/core/error.hpp>
#include <kingbolt/engine/base64.hpp>
#include <kingbolt/engine/sha1.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace reference_server {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> types{{{".html", "text/html; charset=utf-8"},
                                                                              {".css", "text/css; charset=utf-8"},
                                                                              {".js", "text/javascript; charset=utf-8"},
                                                                              {".svg", "image/svg+xml"}}};

[[noreturn]] void complain(const std::string& path, const char* range) {
    throw kingbolt::InvalidOption{"--dashboard", path, range, "scripts/build-dashboard makes such a folder"};
}

std::string read(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (!file.is_open() || file.bad()) complain(path.string(), "a file that can be read");
    return text;
}

}  // namespace

Assets::Assets(const std::string& folder) {
    std::error_code problem;
    for (const auto& entry : std::filesystem::directory_iterator{folder, problem}) {
        const std::string name = entry.path().filename().string();
        const auto* const type = std::ranges::find(types, entry.path().extension().string(), [](const auto& t) { return t.first; });
        if (type == types.end() || !entry.is_regular_file()) continue;
        File file{.content = read(entry.path()), .type = type->second};
        file.etag = '"' + kingbolt::engine::base64(kingbolt::engine::Sha1::of(file.content)) + '"';
        files_.insert_or_assign(name == "index.html" ? "/" : "/dashboard/" + name, std::move(file));
    }
    if (!files_.contains("/")) complain(folder, "a folder with an index.html");
}

std::optional<kingbolt::HttpResponse> Assets::answer(const kingbolt::HttpRequest& request) const {
    const auto found = files_.find(request.path());
    if (found == files_.end()) return std::nullopt;
    if (request.method != "GET" && request.method != "HEAD")
        return kingbolt::HttpResponse{.status = 405, .body = "only GET and HEAD\n", .headers = {{"Allow", "GET, HEAD"}}};
    const File& file = found->second;
    kingbolt::HttpResponse response{.content_type = std::string{file.type},
                                    .headers = {{"ETag", file.etag},
                                                {"Cache-Control", "no-cache"},
                                                {"Content-Security-Policy",
                                                 "default-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; "
                                                 "frame-ancestors 'none'"},
                                                {"X-Content-Type-Options", "nosniff"},
                                                {"Referrer-Policy", "no-referrer"}}};
    if (request.header("If-None-Match") == file.etag)
        response.status = 304;
    else
        response.body = file.content;
    return response;
}

}  // namespace reference_server
