#pragma once
// The server whose hub is loaded: started here, or found.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <thread>

namespace hubload {

/// A server of this process's own, which ends with it, and so do the processes that it starts.
class ServerProcess {
public:
    /// Starts `command` with a shell. The first line that it prints has to end with the port where it listens on 127.0.0.1, as `port 9002`
    /// and `listening on ws://127.0.0.1:9002` do. Throws std::runtime_error when no such line comes within 10 s.
    explicit ServerProcess(const std::string& command);
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    pid_t pid() const noexcept { return pid_; }
    std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + '/'; }

private:
    void end() noexcept;

    pid_t pid_ = -1;
    int output_ = -1;
    std::uint16_t port_ = 0;
    std::thread reader_;  ///< of what else it says: a full pipe would stop it
};

/// The process that listens at a TCP port of this machine, where this user may see that.
std::optional<pid_t> listening_at(std::uint16_t port);

}  // namespace hubload
