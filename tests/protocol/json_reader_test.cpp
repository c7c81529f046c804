#include <kingbolt/protocol/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "support/catch.hpp"

namespace {

namespace kb = kingbolt;
using kb::channel::Failure;
using kb::channel::Publish;

std::string publication(std::string_view event, std::string_view data) {
    return R"({"type":"publish","topic":"a","event":")" + std::string{event} + R"(", "data" : )" + std::string{data} + " }";
}

template <class T>
T read(const std::string& text) {
    const kb::channel::Request request = kb::protocol::Json{}.read(text);
    INFO(text);
    REQUIRE(std::holds_alternative<T>(request));
    return std::get<T>(request);
}

}  // namespace

TEST_CASE("what means something in a string is found wherever it stands") {
    for (std::size_t before = 0; before < 20; ++before) {
        for (std::size_t behind = 0; behind < 20; ++behind) {
            const std::string head(before, 'x'), tail(behind, 'y');
            CHECK(read<Publish>(publication(head + R"(\")" + tail, "1")).event == head + '"' + tail);
            CHECK(read<Publish>(publication(head + R"(\\)" + tail + R"(\u00e9)" + head, "1")).event ==
                  head + '\\' + tail + "\xC3\xA9" + head);
            CHECK(read<Publish>(publication(head + "\xE2\x82\xAC" + tail, "1")).event == head + "\xE2\x82\xAC" + tail);

            const std::string broken = publication(head + '\x1F' + tail, "1");
            const auto failure = read<Failure>(broken);
            CHECK(failure.code == "bad_json");
            CHECK(failure.at == broken.find('\x1F'));
        }
    }
}

TEST_CASE("a message that ends within a string is told where") {
    const std::string whole = publication("said", "1");
    const auto failure = read<Failure>(whole.substr(0, whole.find("said") + 2));
    CHECK(failure.code == "bad_json");
    CHECK(failure.at == whole.find("said") + 2);
}

TEST_CASE("data is the bytes that stand in the message, whatever stands around them") {
    for (const std::string_view data : {"1", "-0.5e3", "null", "true", R"("")", R"("a\"b, \\")", R"("\u0022,")", "[]", "[1, 2]", "{}",
                                        R"({"data" : [ {"a":"}"} ] , "b":"," })"}) {
        for (const std::string_view space : {"", " ", " \t\r\n "}) {
            const std::string value = std::string{space} + std::string{data} + std::string{space};
            CHECK(read<Publish>(R"({"type":"publish","topic":"a","data":)" + value + "}").data == data);
            CHECK(read<Publish>(R"({"data")" + std::string{space} + ":" + value + "," + std::string{space} +
                                R"("type":"publish","topic":"a"})")
                      .data == data);
            CHECK(read<Publish>(R"({"type":"publish","d\u0061ta":)" + value + R"(,"other":[","],"topic":"a"})").data == data);
        }
    }
}

TEST_CASE("of a member that is named twice the last counts, and each has to be of its type") {
    CHECK(read<kb::channel::Ping>(R"({"type":"ping","id":1,"id":2})").id == 2U);
    CHECK(read<kb::channel::Subscribe>(R"({"type":"ping","type":"subscribe","topic":"a","topic":"b"})").wish.topic == "b");
    CHECK(read<Failure>(R"({"type":"ping","id":"x","id":1})").code == "bad_message");
    CHECK(read<Failure>(R"({"type":1,"type":"ping"})").code == "bad_message");
}
