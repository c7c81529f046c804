#include "rig.hpp"

#include <asio/ip/tcp.hpp>

#include <sys/resource.h>
#include <unistd.h>

using namespace kingbolt;
using namespace kingbolt::test;

namespace {

/// Leaves this process no file descriptor more than it has, for as long as the object lives.
class NoMoreDescriptors {
public:
    NoMoreDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        // The lowest free descriptor is the limit: every one below it is in use.
        const int lowest_free = ::dup(0);
        ::close(lowest_free);
        rlimit limit{.rlim_cur = static_cast<rlim_t>(lowest_free), .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoMoreDescriptors(const NoMoreDescriptors&) = delete;
    NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

private:
    rlimit before_{};
};

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("without file descriptors the transport turns clients away with 503, calmly, and accepts when there are some again") {
    asio::io_context io;
    TransportUnderTest transport{io};
    Recorder recorder;
    transport.attach(recorder);
    const WsClient before{transport.port()};
    while (recorder.lines().empty() && io.run_one_for(patience) > 0) {
    }
    WsClient first{transport.port()};
    WsClient second{transport.port()};
    std::size_t handlers = 0;
    {
        const NoMoreDescriptors none;
        handlers = io.run_for(450ms);
    }
    CHECK(handlers >= 1);
    CHECK(handlers <= 8);
    CHECK(recorder.lines().size() == 1);
    for (WsClient* const client : {&first, &second}) {
        const auto response = client->read_response();
        CHECK(response.status == 503);
        CHECK(response.header("Retry-After") == "1");
        CHECK(client->read_to_end() == Read::eof);
    }
    const WsClient third{transport.port()};
    const auto deadline = WaitClock::now() + patience;
    while (recorder.lines().size() < 2 && WaitClock::now() < deadline) io.run_one_for(patience);
    CHECK(recorder.lines() == std::vector<std::string>{"0 accepted 127.0.0.1", "1 accepted 127.0.0.1"});

    SECTION("accepting can be stopped during the pause") {
        WsClient fourth{transport.port()};
        {
            const NoMoreDescriptors none;
            io.run_for(50ms);
            transport.stop_accepting();
        }
        io.run_for(200ms);
        CHECK(fourth.read_to_end() != Read::timeout);
        CHECK(recorder.lines().size() == 2);
    }
}

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
