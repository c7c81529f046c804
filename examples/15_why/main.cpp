// 15 · Why: an echo server that says of each client that has gone all it knows: the end, what it means, what to do about it, and what came
// before.
//
// Proves: debug logging is observers, each for the facts that it names, and costs nothing where there are none. One ring remembers the
// latest facts of all connections; many ends together tell what one alone cannot.
// Does not prove: that every end can be explained. docs/disconnects.md says what no evidence can tell.

#include "../common/example.hpp"

#include <kingbolt/engine/describe.hpp>
#include <kingbolt/engine/diagnosis.hpp>
#include <kingbolt/engine/disconnect_patterns.hpp>
#include <kingbolt/engine/journal.hpp>

#include <exception>
#include <iostream>
#include <string>

namespace kb = kingbolt;

int main(int argc, char** argv) try {
    const auto arguments = example::read_arguments(argc, argv);

    asio::io_context io;
    kb::transport::Native server{io, {.address = arguments.host, .port = arguments.port, .max_message = arguments.max_message}};

    // [observers]
    kb::Journal journal;              // the latest 16,384 facts of all connections together
    kb::DisconnectPatterns patterns;  // the latest 1,024 ends
    const auto explain = [&](const kb::event::Closed& e) {
        const kb::Diagnosis diagnosis = patterns.diagnose(e);
        std::clog << kb::describe(e) << '\n' << diagnosis.summary << '\n';
        for (const std::string& fact : diagnosis.evidence) std::clog << "  because: " << fact << '\n';
        std::clog << "  cure: " << diagnosis.cure << '\n' << kb::to_text(journal.entries_of(e.session));
        for (const kb::Pattern& pattern : patterns.patterns()) std::clog << pattern.text << '\n';
    };
    const auto tell_of_miss = [](const kb::event::PongMissed& e) { std::clog << e.session << " missed " << e.in_a_row << '\n'; };
    const auto tell_of_stall = [](const kb::event::LoopStalled& e) { std::clog << kb::milliseconds(e.lag) << " ms late\n"; };

    kb::Hub hub{
        server, journal, patterns, kb::On{explain}, kb::On{tell_of_miss}, kb::On{tell_of_stall}, arguments.keep_alive, arguments.deadlines};
    // [observers]
    hub.on_message([](kb::Session& from, kb::Message message) { from.send(message); });

    example::run(io, arguments, server, hub);
} catch (const std::exception& problem) {
    return example::complain(problem);
}
