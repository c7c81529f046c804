// The input is a request. However it is cut it is understood alike, what was understood can be written and understood again, and what is
// answered to an upgrade is a well-formed head itself.

#include <kingbolt/engine/deflate_agreement.hpp>
#include <kingbolt/engine/http_head.hpp>
#include <kingbolt/engine/http_response.hpp>
#include <kingbolt/engine/upgrade.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "check.hpp"

using namespace kingbolt;
using namespace kingbolt::fuzz;
using engine::HttpHead;
using engine::HttpHeadReader;

namespace {

struct Read {
    HttpHeadReader::Result result{};
    HttpHead head{};
};

/// Each time in memory of its own, so that a sanitizer sees what reads behind the end.
Read read(std::string_view bytes, std::size_t most, engine::Random& random) {
    Read read;
    HttpHeadReader reader;
    for (std::size_t arrived = 0; arrived < bytes.size() && read.result.size == 0 && read.result.refusal == nullptr;) {
        arrived += std::min<std::size_t>(1 + random.below(most), bytes.size() - arrived);
        const std::vector<char> all(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(arrived));
        read.result = reader.read({all.data(), all.size()}, read.head);
    }
    return read;
}

std::string written(const HttpHead& head) {
    std::string text = head.request.method + ' ' + head.request.target + (head.http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    for (const auto& [name, value] : head.request.headers) text.append(name).append(":").append(value).append("\r\n");
    return text += "\r\n";
}

/// One empty line, at the end, and every line a status or a field.
void check_response(const std::string& response) {
    check(response.find("\r\n\r\n") == response.size() - 4, "a response's head has one end");
    std::size_t fields = 0;
    for (std::size_t at = response.find("\r\n") + 2; at < response.size() - 2; at = response.find("\r\n", at) + 2) {
        const std::string_view line = std::string_view{response}.substr(at, response.find("\r\n", at) - at);
        check(is_token(line.substr(0, line.find(':'))) && is_field_value(line), "a response's line is a field");
        ++fields;
    }
    check(fields >= 3 && fields <= 5, "a response has the fields of an upgrade and no more");
}

void check_upgrade(HttpHead head) {
    const auto judgement = engine::judge_upgrade(std::move(head));
    using Kind = engine::UpgradeJudgement::Kind;
    check((judgement.kind == Kind::refused) == (judgement.refusal != nullptr), "a refusal has its words, and nothing else has");
    if (judgement.kind != Kind::upgrade) return;
    const auto& request = judgement.request;
    check(std::ranges::all_of(request.subprotocols, is_token), "subprotocols are tokens");
    UpgradeResponse response;
    if (!request.subprotocols.empty()) response.subprotocol = request.subprotocols.back();
    const auto deflate = engine::agree_on_deflate(judgement.extensions, {.server_context_takeover = true, .client_context_takeover = true});
    if (deflate) {
        const auto& agreed = deflate->agreement;
        check(agreed.server_window_bits >= 8 && agreed.server_window_bits <= 15, "the server's window is one of RFC 7692");
        check(agreed.client_window_bits >= 8 && agreed.client_window_bits <= 15, "the client's window is one of RFC 7692");
        check(engine::read_extension_offer(deflate->response).has_value(), "an answered extension is well-formed");
    }
    check_response(engine::accepting(request, response, deflate ? deflate->response : std::string{}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = text_of(data, size);
    auto random = random_of(input);
    const Read at_once = read(input, SIZE_MAX, random);
    for (const std::size_t most : {1U, 40U}) {
        const Read in_pieces = read(input, most, random);
        check(in_pieces.result.size == at_once.result.size, "the head ends where it ends, however it is cut");
        check(in_pieces.result.refusal == at_once.result.refusal, "what is refused does not depend on where it is cut");
        check(written(in_pieces.head) == written(at_once.head), "what is understood does not depend on where it is cut");
    }
    if (at_once.result.size == 0 || at_once.result.refusal != nullptr) return 0;
    check(at_once.result.size <= HttpHeadReader::max_size, "a head keeps to its limit");
    check(at_once.head.request.headers.size() <= HttpHeadReader::max_headers, "headers keep to their limit");
    const std::string canonical = written(at_once.head);
    const Read again = read(canonical, SIZE_MAX, random);
    check(again.result.size == canonical.size() && again.result.refusal == nullptr, "what was understood can be written");
    check(written(again.head) == canonical, "what was written is understood alike");
    check_upgrade(at_once.head);
    return 0;
}
