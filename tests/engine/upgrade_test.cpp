#include <kingbolt/engine/upgrade.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt;
using engine::HttpHead;
using engine::judge_upgrade;
using engine::UpgradeJudgement;
using Kind = UpgradeJudgement::Kind;
using Offers = std::vector<ExtensionOffer>;

namespace {

HttpHead request() {
    return {.request = {.method = "GET",
                        .target = "/events",
                        .headers = {{"Host", "here"},
                                    {"Upgrade", "websocket"},
                                    {"Connection", "Upgrade"},
                                    {"Sec-WebSocket-Version", "13"},
                                    {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}}}};
}

/// With other values for a header; none takes it away.
HttpHead with(std::string_view name, const std::vector<std::string>& values) {
    HttpHead head = request();
    std::erase_if(head.request.headers, [name](const auto& field) { return field.first == name; });
    for (const auto& value : values) head.request.headers.emplace_back(name, value);
    return head;
}

void is_refused(const HttpHead& head, unsigned status, std::string_view words) {
    const auto judgement = judge_upgrade(head);
    REQUIRE(judgement.kind == Kind::refused);
    CHECK(judgement.refusal->status == status);
    CHECK(judgement.refusal->words == words);
}

}  // namespace

TEST_CASE("a request for an upgrade is passed on whole") {
    const auto judgement = judge_upgrade(request());
    CHECK(judgement.kind == Kind::upgrade);
    CHECK(judgement.refusal == nullptr);
    CHECK(judgement.request.target == "/events");
    CHECK(judgement.request.headers == request().request.headers);
    CHECK(judgement.request.subprotocols.empty());
    CHECK(judgement.extensions.empty());
}

TEST_CASE("Upgrade and Connection are lists, without case") {
    CHECK(judge_upgrade(with("Upgrade", {"h2c, WebSocket"})).kind == Kind::upgrade);
    CHECK(judge_upgrade(with("Upgrade", {"h2c", "websocket"})).kind == Kind::upgrade);
    CHECK(judge_upgrade(with("Connection", {"keep-alive, upgrade"})).kind == Kind::upgrade);
    CHECK(judge_upgrade(with("Connection", {"keep-alive", ",UPGRADE ,"})).kind == Kind::upgrade);
    is_refused(with("Connection", {"keep-alive"}), 400, "an upgrade without Connection: Upgrade");
    is_refused(with("Connection", {}), 400, "an upgrade without Connection: Upgrade");
}

TEST_CASE("a request that asks for no WebSocket is plain HTTP") {
    for (const auto& values : {std::vector<std::string>{}, {"h2c"}, {"websockets"}, {"not websocket"}}) {
        const auto judgement = judge_upgrade(with("Upgrade", values));
        CHECK(judgement.kind == Kind::plain_http);
        CHECK(judgement.request.method == "GET");
    }
}

TEST_CASE("an upgrade is a GET of HTTP/1.1 in version 13 with a key of 16 bytes") {
    HttpHead put = request();
    put.request.method = "PUT";
    is_refused(put, 400, "an upgrade that is not a GET");
    HttpHead old = request();
    old.http_1_0 = true;
    is_refused(old, 400, "an upgrade that is not HTTP/1.1");
    for (const auto& version : {std::vector<std::string>{}, {"8"}, {"0"}, {"14"}, {"13, 8"}, {"13", "13"}, {"013"}})
        is_refused(with("Sec-WebSocket-Version", version), 426, "a WebSocket version other than 13");
    is_refused(with("Sec-WebSocket-Key", {}), 400, "no Sec-WebSocket-Key");
    const std::string good = "dGhlIHNhbXBsZSBub25jZQ==";
    for (const auto& key : {std::vector<std::string>{""}, {"abc"}, {good, good}, {good + "="}, {"dGhlIHNhbXBsZSBub25j"}})
        is_refused(with("Sec-WebSocket-Key", key), 400, "a Sec-WebSocket-Key that is not 16 bytes in base64");
}

TEST_CASE("subprotocols keep their order over several headers; each is a token, and offered once") {
    const auto judgement = judge_upgrade(with("Sec-WebSocket-Protocol", {"v2.status, v1.status", "chat"}));
    CHECK(judgement.kind == Kind::upgrade);
    CHECK(judgement.request.subprotocols == std::vector<std::string>{"v2.status", "v1.status", "chat"});
    CHECK(judge_upgrade(with("Sec-WebSocket-Protocol", {"a, A"})).kind == Kind::upgrade);  // with case, RFC 6455 §11.5
    for (const auto& value : {std::vector<std::string>{"a b"}, {"a, \"b\""}, {"a, b, a"}, {"a", "a"}})
        is_refused(with("Sec-WebSocket-Protocol", value), 400, "a malformed Sec-WebSocket-Protocol");
}

TEST_CASE("extensions are offered with parameters, which may have a value, which may be quoted") {
    const auto judgement = judge_upgrade(
        with("Sec-WebSocket-Extensions",
             {"permessage-deflate; client_max_window_bits; server_max_window_bits=10,permessage-deflate", "x-foo ; a = \"b\" ;c=\"\\d\""}));
    CHECK(judgement.kind == Kind::upgrade);
    CHECK(judgement.extensions == Offers{{"permessage-deflate", {{"client_max_window_bits", {}}, {"server_max_window_bits", "10"}}},
                                         {"permessage-deflate", {}},
                                         {"x-foo", {{"a", "b"}, {"c", "d"}}}});
    for (const auto* value : {"a b", "a;", ";a", "a;b=", "a;=b", "a;b=c d", "a;b=\"c", "a;b=\"c d\"", "a;b=\"\"", "a;b=\"", "a;b=\"c\\\"",
                              "a;b=\"c,d\"", "a;;b"})
        is_refused(with("Sec-WebSocket-Extensions", {value}), 400, "a malformed Sec-WebSocket-Extensions");
}
