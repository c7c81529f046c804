#include <kingbolt/client/detail/incoming.hpp>
#include <kingbolt/client/detail/json.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace kingbolt::client::detail;
using Lines = std::vector<std::string>;

namespace {

Lines parts_of(std::string_view text) {
    JsonKind kind{};
    const auto parts = JsonSplitter::split(text, kind);
    if (!parts) return {"not JSON"};
    Lines lines;
    for (const auto& part : *parts) lines.push_back(part.name + "=" + std::string{part.raw});
    return lines;
}

std::string wrong(std::string_view text, void (*read)(const Incoming&)) {
    try {
        read(Incoming{text});
    } catch (const BadMessage& bad) {
        return bad.what();
    }
    return "nothing";
}

}  // namespace

TEST_CASE("each member keeps its own bytes, whatever stands around it") {
    CHECK(parts_of(R"({"a":1,"b":"x\"y","c":{"d":[1,{"e":2}]},"f":[],"g":{},"h":null,"i":true,"j":-1.5e3})") ==
          Lines{"a=1", R"(b="x\"y")", R"(c={"d":[1,{"e":2}]})", "f=[]", "g={}", "h=null", "i=true", "j=-1.5e3"});
    CHECK(parts_of("\n { \"a\" :\t1 , \"b\"\r\n: [ 1 , 2 ] , \"c\" : { \"d\" : 1 } } ") == Lines{"a=1", "b=[ 1 , 2 ]", R"(c={ "d" : 1 })"});
    CHECK(parts_of(R"({"data":"}]{[,:\\"})") == Lines{R"(data="}]{[,:\\")"});
    CHECK(parts_of("{}").empty());
}

TEST_CASE("each element of an array keeps its own bytes") {
    CHECK(parts_of(R"([1,"a",[2,[3]],{"b":[4]},null])") == Lines{"=1", R"(="a")", "=[2,[3]]", R"(={"b":[4]})", "=null"});
    CHECK(parts_of("[ [ ] , { } ]") == Lines{"=[ ]", "={ }"});
    CHECK(parts_of("[]").empty());
}

TEST_CASE("what is not JSON is not split") {
    for (const std::string text : {"", "{", "{\"a\":1,}", "{\"a\" 1}", "[1 2]", "{} x", "nul", "'a'", "{\"a\":\"\x80\"}", "01"})
        CHECK(parts_of(text) == Lines{"not JSON"});
    CHECK(parts_of(std::string_view{"{}\0x", 4}) == Lines{"not JSON"});
    for (const std::string text : {"1", "\"a\"", "null", "true", "[1]", "{}", "-0.5"}) CHECK(is_json(text));
    CHECK_FALSE(is_json("1,2"));
}

TEST_CASE("deep nesting costs no stack") {
    const std::string deep = "{\"a\":" + std::string(200'000, '[') + std::string(200'000, ']') + "}";
    CHECK(parts_of(deep).size() == 1);
    CHECK(parts_of(deep.substr(0, deep.size() - 3)) == Lines{"not JSON"});
}

TEST_CASE("members are read by name and type, and a message that lacks one says which") {
    const Incoming message{R"({"type":"a\u00e9","n":18446744073709551615,"f":true,"o":{"x":1},"l":[1,2],"z":null,"neg":-1,"half":0.5})"};
    CHECK(message.text("type") == "a\xC3\xA9");
    CHECK(message.number("n") == 18446744073709551615ULL);
    CHECK(message.flag("f"));
    CHECK(message.object("o") == R"({"x":1})");
    CHECK(message.array("l").size() == 2);
    CHECK(message.raw("z") == "null");
    CHECK_FALSE(message.maybe_number("none"));
    CHECK(wrong("[1]", [](const Incoming&) {}) == "not a JSON object");
    CHECK(wrong("{}", [](const Incoming& m) { m.text("type"); }) == "no type");
    CHECK(wrong(R"({"type":null})", [](const Incoming& m) { m.text("type"); }) == "a wrong type");
    CHECK(wrong(R"({"seq":-1})", [](const Incoming& m) { m.number("seq"); }) == "a wrong seq");
    CHECK(wrong(R"({"seq":1.5})", [](const Incoming& m) { m.maybe_number("seq"); }) == "a wrong seq");
    CHECK(wrong(R"({"l":{}})", [](const Incoming& m) { m.array("l"); }) == "a wrong l");
}

TEST_CASE("what is written is JSON, whatever the text") {
    CHECK(JsonObjectWriter{}.text("a", "q\"\n\x01").number("b", 7).flag("c", false).raw("d", "[1, 2]").take() ==
          R"({"a":"q\"\n\u0001","b":7,"c":false,"d":[1, 2]})");
    CHECK(JsonObjectWriter{}.take() == "{}");
}
