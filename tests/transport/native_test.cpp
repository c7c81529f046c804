// What only the native transport has: Unix sockets, shared ports, a kernel that gives up on a peer by itself, and turns that end.

#include "rig.hpp"
#include "support/temporary_folder.hpp"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

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

/// How many descriptors all epoll sets of this process have.
std::ptrdiff_t watched() {
    std::ptrdiff_t count = 0;
    for (const auto& descriptor : std::filesystem::directory_iterator{"/proc/self/fdinfo"}) {
        std::ifstream file{descriptor.path()};
        for (std::string line; std::getline(file, line);) count += line.starts_with("tfd:") ? 1 : 0;
    }
    return count;
}

/// A child process that holds copies of all descriptors there are when it is made.
class Child {
public:
    Child() {
        REQUIRE(::pipe(ends_) == 0);
        id_ = ::fork();
        if (id_ != 0) return;
        ::close(ends_[1]);
        char nothing = 0;
        const auto end_of_parent = ::read(ends_[0], &nothing, 1);
        ::_exit(static_cast<int>(end_of_parent));
    }
    ~Child() {
        ::close(ends_[0]);
        ::close(ends_[1]);
        ::waitpid(id_, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

private:
    int ends_[2] = {};
    pid_t id_ = 0;
};

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

TEST_CASE("a Unix path that is no socket is left alone, and the server says that it is taken") {
    const TemporaryFolder folder;
    const std::string path = folder.file("notes");
    std::ofstream{path} << "not to be lost";
    CHECK(wrong({.unix_path = path}) == "cannot listen on unix:" + path + ": Address already in use");
    CHECK(std::filesystem::file_size(path) == 14);
    std::filesystem::create_symlink(path, folder.file("link"));
    CHECK(wrong({.unix_path = folder.file("link")}).ends_with("Address already in use"));
    CHECK(std::filesystem::is_symlink(folder.file("link")));
}

TEST_CASE("a server whose queue is full keeps its path, and the next one says so at once") {
    const TemporaryFolder folder;
    const std::string path = folder.file("socket");
    const RawSocket stopped = RawSocket::listen(path);
    REQUIRE(::listen(stopped.fd(), 0) == 0);
    const RawSocket queued = RawSocket::connect(path);  // Linux lets in one more than it is told
    CHECK(wrong({.unix_path = path}) == "cannot listen on unix:" + path + ": Address already in use");
}

TEST_CASE("a server that goes leaves the path of its successor") {
    const TemporaryFolder folder;
    const std::string path = folder.file("socket");
    asio::io_context io;
    std::optional<TransportUnderTest> first{std::in_place, io, TransportOptions{.unix_path = path}};
    std::filesystem::remove(path);
    const TransportUnderTest second{io, {.unix_path = path}};
    first.reset();
    CHECK(std::filesystem::exists(path));
    CHECK_NOTHROW(RawSocket::connect(path));
}

TEST_CASE("a connection that has ended is told nothing more, though a child process still holds its socket") {
    Rig rig;
    auto client = rig.open();
    const auto before = watched();
    const Child child;
    rig.command(0, [](Connection& connection) { connection.abort(); });
    rig.recorder.how();
    CHECK(watched() == before - 1);
    // It arrives, at the child's copy.
    client.send_text("is anybody there?");
    client.socket().shutdown_write();
    const auto other = rig.open();
    CHECK(rig.recorder.count("1 opened") == 1);
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

TEST_CASE("who sends little is heard before those who send more than is read at once have been read to the end") {
    constexpr int greedy = 40;
    std::promise<void> first_heard, small_sent;
    std::promise<int> heard_before;
    auto sent = small_sent.get_future();
    int heard = 0;  // of the greedy
    Rig rig{{}, [&](Recorder& recorder) {
                recorder.message = [&](Connection&, Message message) {
                    if (message.is_text()) return heard_before.set_value(heard);
                    if (heard++ == 0) {
                        first_heard.set_value();
                        sent.wait_for(patience);
                    }
                    for (const auto start = WaitClock::now(); WaitClock::now() - start < 1ms;) {
                    }
                };
            }};
    auto small = rig.open();
    std::vector<WsClient> crowd;
    for (int i = 0; i < greedy; ++i) crowd.push_back(rig.open());

    // All of it is there before the loop sees any, and none of it fits into one read.
    const WireFrame large{.opcode = 0x2, .payload = std::string(40'000, 'x')};
    rig.in_loop([&] {
        for (WsClient& client : crowd) client.send_raw(large.encode() + large.encode());
    });
    REQUIRE(first_heard.get_future().wait_for(patience) == std::future_status::ready);
    small.send_text("small");
    small_sent.set_value();
    auto before = heard_before.get_future();
    REQUIRE(before.wait_for(patience) == std::future_status::ready);
    CHECK(before.get() < greedy + greedy / 2);
    const auto messages = [&] {
        return std::ranges::count_if(rig.recorder.lines(), [](const auto& line) { return line.ends_with("40000 bytes"); });
    };
    for (const auto start = WaitClock::now(); messages() < 2 * greedy && WaitClock::now() - start < patience;) rig.in_loop([] {});
    CHECK(messages() == 2 * greedy);
}
