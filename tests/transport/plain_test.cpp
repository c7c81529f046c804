// What a client can be told, and what can be seen of it, only where nothing is encrypted.

#include "rig.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <string>
#include <vector>

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

}  // namespace

TEST_CASE("a TLS client at a plain port is recognized") {
    Rig rig;
    auto socket = RawSocket::connect(rig.port());
    socket.send(std::string{"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1", 9});
    std::string answered;
    CHECK(socket.read(answered) == Read::data);
    socket.close();
    const auto how = rig.recorder.how();
    CHECK(how.cause == Cause::bad_handshake);
    CHECK(how.detail == "answered 400: a TLS handshake on a port without TLS");
}

TEST_CASE("a client that is not wanted is told so where the hub has words for it") {
    Rig rig{{}, [](Recorder& hub) {
                hub.accepted = [](Connection&) { return false; };
                hub.refusal = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            }};
    for (int i = 0; i < 3; ++i) {
        WsClient client{rig.port()};
        client.send_raw(WsClient::upgrade_request({}));
        const auto response = client.read_response();
        CHECK(response.status == 429);
        CHECK(response.header("Retry-After") == "3");
        CHECK(client.read_to_end() == Read::eof);
    }
    rig.in_loop([] {});
    CHECK(rig.recorder.lines().size() == 3);
}

TEST_CASE("a client that leaves before its upgrade is answered is reported at once") {
    Rig rig{{}, [](Recorder& hub) { hub.upgrade = [](const UpgradeRequest&) { return UpgradeResponse::deferred(); }; }};
    WsClient client{rig.port()};
    client.send_raw(WsClient::upgrade_request({}));
    REQUIRE(rig.recorder.wait_for("0 upgrade /"));
    client.close();
    CHECK(rig.recorder.how().cause == Cause::eof_without_close);
}

TEST_CASE("an end that came together with the request is seen as well") {
    Rig rig{{}, [](Recorder& hub) { hub.upgrade = [](const UpgradeRequest&) { return UpgradeResponse::deferred(); }; }};
    WsClient client{rig.port()};
    // Both are there before the loop looks.
    rig.in_loop([&] {
        client.send_raw(WsClient::upgrade_request({}));
        client.half_close();
    });
    CHECK(rig.recorder.how().cause == Cause::eof_without_close);
}

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
