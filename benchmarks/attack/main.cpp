// Attackers of a server, and the clients that should not notice.

#include "command_line.hpp"
#include "honest.hpp"
#include "scripts.hpp"
#include "swarm.hpp"

#include <cstdio>
#include <exception>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace {

constexpr auto usage =
    "usage: attack honest ADDRESS PORT CLIENTS PER_SECOND [TOKEN]\n"
    "       attack ATTACK ADDRESS PORT MILLISECONDS PER_SECOND [TOKEN]\n"
    "`honest` prints \"connected\", obeys \"begin\" and \"end\", and prints one JSON object for each \"end\";\n"
    "the attacks print \"started\", and one at their end.\n"
    "PER_SECOND: what each honest client asks, and how many connections an attack opens at most.\n";

std::string to_json(const std::map<int, std::uint64_t>& counts) {
    std::string json = "{";
    for (const auto& [what, count] : counts)
        json += (json.size() > 1 ? ", \"" : "\"") + std::to_string(what) + "\": " + std::to_string(count);
    return json + '}';
}

void print(const attack::Toll& toll) {
    const auto n = [](std::uint64_t count) { return static_cast<unsigned long long>(count); };
    std::printf(
        "{\"connected\": %llu, \"failed\": %llu, \"ended\": %llu, \"open\": %llu, \"bytes\": %llu, \"statuses\": %s, \"closes\": %s}\n",
        n(toll.connected), n(toll.failed), n(toll.ended), n(toll.open), n(toll.bytes), to_json(toll.statuses).c_str(),
        to_json(toll.closes).c_str());
}

}  // namespace

int main(int argc, char** argv) {
    const std::span words{argv, static_cast<std::size_t>(argc)};
    if (words.size() < 6 || words.size() > 7) return std::fputs(usage, stderr), 2;
    load::allow_many_sockets();
    try {
        const std::string token = words.size() == 7 ? words[6] : "";
        const auto port = load::number<std::uint16_t>(words[3]);
        const auto per_second = load::number<unsigned>(words[5]);
        if (std::string_view{words[1]} == "honest") {
            attack::run_honest({.address = words[2],
                                .port = port,
                                .clients = load::number<std::size_t>(words[4]),
                                .per_second = per_second,
                                .token = token});
        } else {
            const attack::Script script = attack::script(words[1], token);
            std::puts("started");
            std::fflush(stdout);
            print(attack::run_swarm(script, {.address = words[2],
                                             .port = port,
                                             .length = std::chrono::milliseconds{load::number<unsigned>(words[4])},
                                             .per_second = per_second}));
        }
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "attack %s: %s\n", argv[1], error.what());
        return 1;
    }
}
