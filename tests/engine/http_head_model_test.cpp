// Heads under random damage: in pieces they are judged as at once, and what is accepted can be written down and read again.

#include <kingbolt/engine/http_head.hpp>
#include <kingbolt/engine/http_response.hpp>
#include <kingbolt/engine/random.hpp>
#include <kingbolt/engine/upgrade.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using engine::HttpHead;
using engine::HttpHeadReader;
using engine::HttpRefusal;
using engine::judge_upgrade;
using engine::Random;
using Kind = engine::UpgradeJudgement::Kind;

namespace {

std::string request(Random& random) {
    const std::vector<std::string> headers{"Upgrade: websocket",
                                           "Connection: keep-alive, Upgrade",
                                           "Sec-WebSocket-Version: 13",
                                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                                           "Sec-WebSocket-Protocol: chat, v2.status",
                                           "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=\"10\"",
                                           "Origin: https://example.org",
                                           "Content-Length: 0"};
    std::string text = "GET /events?since=4 HTTP/1.1\r\nHost: example.org:9002\r\n";
    for (const auto& header : headers) {
        if (random.below(8) != 0) text += header + "\r\n";
    }
    return text + "\r\n";
}

struct Outcome {
    std::size_t size = 0;
    const HttpRefusal* refusal = nullptr;
    HttpHead head{};
};

template <class Step>
Outcome read(const std::string& bytes, Step&& step) {
    Outcome outcome;
    HttpHeadReader reader;
    std::size_t arrived = 0;
    while (outcome.size == 0 && outcome.refusal == nullptr && arrived < bytes.size()) {
        arrived = std::min<std::size_t>(arrived + step(), bytes.size());
        const std::string seen = bytes.substr(0, arrived);  // in memory of its own, whose end a sanitizer guards
        const auto result = reader.read(seen, outcome.head);
        outcome.size = result.size;
        outcome.refusal = result.refusal;
    }
    return outcome;
}

std::string text_of(const HttpRequest& request) {
    std::string text = request.method + ' ' + request.target + " HTTP/1.1\r\n";
    for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
    return text + "\r\n";
}

}  // namespace

TEST_CASE("damaged heads are judged alike in pieces and at once") {
    const auto seed = GENERATE(range(1, 9));
    Random random{static_cast<std::uint64_t>(seed)};
    std::size_t refused = 0;
    std::size_t upgrades = 0;
    for (int round = 0; round < 1'000; ++round) {
        std::string bytes = request(random);
        for (std::uint64_t n = random.below(4); n > 0; --n) {
            const std::size_t at = random.below(bytes.size());
            const std::string_view favourites{"\r\n\0 \t:,;\"=", 10};
            const char byte = random.below(2) == 0 ? favourites[random.below(favourites.size())] : static_cast<char>(random());
            random.below(3) == 0 ? bytes.erase(at, 1) : random.below(2) == 0 ? bytes.insert(at, 1, byte) : bytes.replace(at, 1, 1, byte);
        }
        const Outcome at_once = read(bytes, [&] { return bytes.size(); });
        const Outcome in_pieces = read(bytes, [&] { return 1 + random.below(60); });
        REQUIRE(in_pieces.size == at_once.size);
        // In pieces a flaw is found before a worse one that follows it has arrived.
        REQUIRE((in_pieces.refusal == nullptr) == (at_once.refusal == nullptr));
        REQUIRE(in_pieces.head.request.headers == at_once.head.request.headers);
        if (at_once.refusal != nullptr) ++refused;
        if (at_once.size == 0 || at_once.refusal != nullptr) continue;

        const std::string again = text_of(at_once.head.request);
        const Outcome reread = read(again, [&] { return again.size(); });
        REQUIRE(reread.size == again.size());
        REQUIRE(reread.head.request.headers == at_once.head.request.headers);
        REQUIRE(engine::well_formed(at_once.head.request.headers));
        const auto judgement = judge_upgrade(at_once.head);
        REQUIRE((judgement.kind == Kind::refused) == (judgement.refusal != nullptr));
        if (judgement.kind == Kind::upgrade) ++upgrades;
    }
    CHECK(refused > 100);
    CHECK(upgrades > 100);
}

TEST_CASE("noise is no request") {
    Random random{7};
    for (int round = 0; round < 2'000; ++round) {
        std::string bytes;
        for (std::uint64_t n = random.below(300); n > 0; --n) bytes += static_cast<char>(random());
        bytes += "\r\n\r\n";
        REQUIRE(read(bytes, [&] { return 1 + random.below(60); }).refusal != nullptr);
    }
}
