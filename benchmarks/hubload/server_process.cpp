#include "server_process.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace hubload {
namespace {

namespace fs = std::filesystem;

/// Up to the line's end; what there was when the time is over or the output has ended.
std::string first_line(int output, std::chrono::steady_clock::time_point deadline) {
    std::string line;
    while (!line.ends_with('\n')) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd ready{.fd = output, .events = POLLIN, .revents = 0};
        char next = 0;
        if (left <= 0 || poll(&ready, 1, static_cast<int>(left)) <= 0 || read(output, &next, 1) != 1) return line;
        line += next;
    }
    line.pop_back();
    return line;
}

std::uint16_t port_at_the_end(std::string_view line) {
    const std::size_t before = line.find_last_not_of("0123456789");
    const auto digits = line.substr(before == std::string_view::npos ? 0 : before + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return error == std::errc{} && end == digits.data() + digits.size() ? port : 0;
}

/// The inode of the socket that listens there, as /proc/net/tcp has it; empty for none.
std::string inode_of_listener(const char* table, std::uint16_t port) {
    std::ifstream lines{table};
    std::string line;
    for (std::getline(lines, line); std::getline(lines, line);) {
        std::istringstream words{line};
        std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
        words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
        constexpr auto listening = "0A";
        const std::size_t colon = local.rfind(':');
        if (state == listening && colon != std::string::npos && std::stoul(local.substr(colon + 1), nullptr, 16) == port) return inode;
    }
    return {};
}

bool holds(const fs::path& process, const std::string& socket) {
    std::error_code error;  // it may end meanwhile, or be another user's
    for (fs::directory_iterator file{process / "fd", error}, end; !error && file != end; file.increment(error))
        if (fs::read_symlink(*file, error) == socket) return true;
    return false;
}

}  // namespace

ServerProcess::ServerProcess(const std::string& command) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::system_error{errno, std::system_category(), "pipe"};
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) throw std::system_error{errno, std::system_category(), "fork"};
    if (pid_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);
        setpgid(0, 0);  // a group of its own: Ctrl-C is for the load, which ends the server when it has counted
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        const std::string line = "exec " + command;
        execl("/bin/sh", "sh", "-c", line.c_str(), static_cast<char*>(nullptr));
        _exit(127);
    }
    close(ends[1]);
    output_ = ends[0];
    const std::string line = first_line(output_, std::chrono::steady_clock::now() + std::chrono::seconds{10});
    port_ = port_at_the_end(line);
    if (port_ != 0) {
        reader_ = std::thread{[output = output_] {
            std::array<char, 4096> words{};
            while (read(output, words.data(), words.size()) > 0) {
            }
        }};
        return;
    }
    end();  // no destructor runs for what was not constructed
    throw std::runtime_error{"\"" + command + "\" did not say at which port it listens, but \"" + line +
                             "\"; its first line has to end with the port"};
}

ServerProcess::~ServerProcess() { end(); }

void ServerProcess::end() noexcept {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    if (reader_.joinable()) reader_.join();
    close(output_);
}

std::optional<pid_t> listening_at(std::uint16_t port) {
    std::string inode = inode_of_listener("/proc/net/tcp", port);
    if (inode.empty()) inode = inode_of_listener("/proc/net/tcp6", port);
    if (inode.empty()) return std::nullopt;
    for (const auto& process : fs::directory_iterator{"/proc"}) {
        const std::string name = process.path().filename();
        if (name.find_first_not_of("0123456789") == std::string::npos && holds(process.path(), "socket:[" + inode + ']'))
            return static_cast<pid_t>(std::stol(name));
    }
    return std::nullopt;
}

}  // namespace hubload
