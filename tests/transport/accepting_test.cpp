#include "rig.hpp"

#include <asio/ip/tcp.hpp>

using namespace kingbolt;
using namespace kingbolt::test;

namespace {

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("addresses are written as `address:port`, and IPv6 in brackets") {
    const auto remote_of = [](const std::string& listen, const asio::ip::tcp::endpoint& to) {
        asio::io_context io;
        TransportUnderTest transport{io, {.address = listen}};
        Recorder recorder;
        transport.attach(recorder);
        asio::ip::tcp::socket socket{io};
        socket.connect({to.address(), transport.port()});
        while (recorder.lines().empty() && io.run_one_for(patience) > 0) {
        }
        return recorder.lines();
    };
    const asio::ip::tcp::endpoint v4{asio::ip::address_v4::loopback(), 0};
    const asio::ip::tcp::endpoint v6{asio::ip::address_v6::loopback(), 0};
    CHECK(remote_of("127.0.0.1", v4) == std::vector<std::string>{"0 accepted 127.0.0.1"});
    CHECK(remote_of("::1", v6) == std::vector<std::string>{"0 accepted [::1]"});
    CHECK(remote_of("::", v6) == std::vector<std::string>{"0 accepted [::1]"});
    CHECK(remote_of("::", v4) == std::vector<std::string>{"0 accepted 127.0.0.1"});
}

TEST_CASE("a port that is taken is said at construction") {
    asio::io_context io;
    const auto what = [&](TransportOptions options) -> std::string {
        try {
            TransportUnderTest transport{io, std::move(options)};
        } catch (const std::system_error& error) {
            return error.what();
        }
        return "no error";
    };
    TransportUnderTest first{io};
    CHECK(what({.port = first.port()}) == "cannot listen on 127.0.0.1:" + std::to_string(first.port()) + ": Address already in use");
}

TEST_CASE("an option out of its range is refused with its name, its value, its range and a cure") {
    asio::io_context io;
    const auto what = [&](TransportOptions options) -> std::string {
        try {
            TransportUnderTest transport{io, std::move(options)};
        } catch (const InvalidOption& error) {
            return error.what();
        }
        return "no error";
    };
    CHECK(what({.address = "localhost"}) ==
          std::string{options_name} +
              ".address = \"localhost\" is out of range (an IPv4 or IPv6 address in numbers): use 127.0.0.1 for this machine "
              "only, "
              ":: for all interfaces");
    CHECK(says(what({.max_message = 0}), "max_message = 0"));
    CHECK(says(what({.max_message = 0}), "1 byte to 1 GiB"));
    CHECK(says(what({.max_message = 1_GiB + 1}), "max_message"));
    CHECK(says(what({.backlog = 0}), "backlog = 0"));
    CHECK(says(what({.send_buffer = 100}), "send_buffer = 100"));
    CHECK(what({.max_message = 1_GiB, .backlog = 1, .send_buffer = 4_KiB}) == "no error");
}
