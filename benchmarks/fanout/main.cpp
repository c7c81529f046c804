// The hub under load.
//
//     fanout_server PORT fanout|echo [--transport NAME] [--bare] [--publisher-thread RATE]

#include "options.hpp"
#include "serve.hpp"

#include <kingbolt/transport/native.hpp>
#include <kingbolt/transport/websocketpp.hpp>

#include <string>
#include <vector>

namespace {

struct Entry {
    std::string name;
    void (*serve)(const fanout::Options& options);
};

}  // namespace

int main(int argc, char** argv) {
    // The first is the default.
    const std::vector<Entry> transports{
        {"native", fanout::serve<kingbolt::transport::Native<>>},
        {"websocketpp", fanout::serve<kingbolt::transport::Websocketpp>},
    };
    std::vector<std::string> names;
    names.reserve(transports.size());
    for (const Entry& entry : transports) names.push_back(entry.name);

    bench::allow_many_sockets();
    const auto options = fanout::read_options(argc, argv, names);
    for (const Entry& entry : transports)
        if (entry.name == options.transport) entry.serve(options);
}
