// Holds a recorded conversation to the schemas of docs/schema/. Reads lines from stdin, `C {…}` of a client and `S {…}` of the server; says
// of each message what is wrong with it, and in its last line which types it has seen: `C:hello C:ping S:welcome …`.
//
//     check_wire DOCS/schema < RECORD        exits 1 where something is wrong

#include "support/protocol_schema.hpp"

#include <exception>
#include <iostream>
#include <set>
#include <string>
#include <string_view>

using namespace kingbolt::test;

int main(int argc, char** argv) try {
    if (argc != 2) throw std::runtime_error{"wants the folder of the schemas"};
    const ProtocolSchemas schemas{argv[1]};
    std::set<std::string> types;
    bool right = true;
    for (std::string line; std::getline(std::cin, line);) {
        const bool from_client = line.starts_with("C ");
        if (!from_client && !line.starts_with("S ")) throw std::runtime_error{"neither C nor S: " + line};
        const std::string_view message = std::string_view{line}.substr(2);
        const auto complaint = schemas.complaint(from_client ? Direction::from_client : Direction::from_server, message, Unlisted::refused);
        if (complaint) {
            std::cout << line << "\n    " << *complaint << '\n';
            right = false;
            continue;
        }
        rapidjson::Document document;
        parse(message, document);
        types.insert(line.substr(0, 1) + ":" + document["type"].GetString());
    }
    for (const std::string& type : types) std::cout << type << ' ';
    std::cout << std::endl;
    return right ? 0 : 1;
} catch (const std::exception& error) {
    std::cerr << "check_wire: " << error.what() << '\n';
    return 2;
}
