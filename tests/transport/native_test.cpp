// What only the native transport has: Unix sockets, shared ports, and a kernel that gives up on a peer by itself.

#include "rig.hpp"
#include "support/temporary_folder.hpp"

#include <filesystem>
#include <string>
#include <system_error>

using namespace kingbolt;
using namespace kingbolt::test;

namespace {

/// What is wrong with these options; empty when nothing is.
std::string wrong(const TransportOptions& options) {
    asio::io_context io;
    try {
        const TransportUnderTest transport{io, options};
        return {};
    } catch (const std::exception& problem) {
        return problem.what();
    }
}

}  // namespace

TEST_CASE("clients of a Unix socket are served as those of a port are, and its path goes with the transport") {
    const TemporaryFolder folder;
    {
        Rig rig{{.unix_path = folder.file("socket")}, echo};
        CHECK(rig.port() == 0);
        WsClient client{RawSocket::connect(folder.file("socket"))};
        REQUIRE(client.handshake().status == 101);
        client.send_text("through a file");
        const auto frame = client.read_frame();
        REQUIRE(frame);
        CHECK(frame->payload == "through a file");
        CHECK(rig.recorder.wait_for("0 opened"));
        CHECK(rig.recorder.lines().front() == "0 accepted unix");
        client.send_close();
        CHECK(client.finish() == Read::eof);
        CHECK(rig.recorder.how().cause == Cause::client_close);
    }
    CHECK_FALSE(std::filesystem::exists(folder.file("socket")));
}

TEST_CASE("the path that a killed server left behind is taken over; that of one that lives is not") {
    const TemporaryFolder folder;
    {
        const RawSocket left_behind = RawSocket::listen(folder.file("socket"));
        CHECK(wrong({.unix_path = folder.file("socket")}) == "cannot listen on unix:" + folder.file("socket") + ": Address already in use");
    }
    REQUIRE(std::filesystem::exists(folder.file("socket")));
    CHECK(wrong({.unix_path = folder.file("socket")}).empty());
}

TEST_CASE("a path too long for a Unix socket is refused by name") {
    const std::string problem = wrong({.unix_path = "/" + std::string(107, 'x')});
    CHECK(problem.find("NativeOptions.unix_path") != std::string::npos);
    CHECK(problem.find("a path of 1 to 107 bytes") != std::string::npos);
}

TEST_CASE("several transports share a port where each of them says so") {
    asio::io_context io;
    const TransportUnderTest first{io, {.reuse_port = true}};
    CHECK(wrong({.port = first.port(), .reuse_port = true}).empty());
    CHECK(wrong({.port = first.port()}).find("Address already in use") != std::string::npos);
}

TEST_CASE("with a user timeout the kernel gives up on a peer that does not acknowledge, without a ping") {
    Rig rig{{.user_timeout = 300ms}};
    auto client = rig.open();
    client.vanish();
    const Frame frame = Frame::encode(Opcode::text, "are you there?");
    rig.command(0, [&](Connection& connection) { connection.write({&frame, 1}); });
    const auto how = rig.recorder.how();
    CHECK(how.error == std::errc::timed_out);
    CHECK(how.cause == Cause::read_error);
}

TEST_CASE("options of the native transport out of their range are refused by name") {
    CHECK(wrong({.user_timeout = 1ns}).find("NativeOptions.user_timeout = 0 is out of range") == 0);
    CHECK(wrong({.user_timeout = 2h}).find("NativeOptions.user_timeout = 7200000 is out of range") == 0);
    CHECK(wrong({.send_buffer = 100}).find("NativeOptions.send_buffer = 100 is out of range") == 0);
    CHECK(wrong({.max_message = 0}).find("NativeOptions.max_message = 0 is out of range") == 0);
}
