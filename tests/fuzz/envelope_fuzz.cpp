// What a client writes as JSON is a command of the reference server or refused with words, and never breaks anything.

#include "envelope.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto command = reference_server::read_command({kingbolt::Opcode::text, text});
    if (const auto* refusal = std::get_if<reference_server::Refusal>(&command); refusal != nullptr && refusal->message.empty())
        std::abort();
    return 0;
}
