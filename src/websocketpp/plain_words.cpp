#include "plain_words.hpp"

#include <websocketpp/processors/base.hpp>

#include <algorithm>
#include <iterator>

namespace kingbolt::transport::detail {
namespace {

namespace processor_error = websocketpp::processor::error;

struct Violation {
    processor_error::processor_errors error;
    const char* words;
};

constexpr Violation violations[] = {
    {processor_error::message_too_big, "a message larger than the limit"},
    {processor_error::invalid_opcode, "a frame with a reserved opcode"},
    {processor_error::control_too_big, "a control frame with more than 125 bytes"},
    {processor_error::invalid_rsv_bit, "reserved bits set without a negotiated extension"},
    {processor_error::fragmented_control, "a fragmented control frame"},
    {processor_error::invalid_continuation, "a continuation frame without a message, or a new message inside one"},
    {processor_error::masking_required, "an unmasked frame"},
    {processor_error::non_minimal_encoding, "a payload length not in its shortest form"},
    {processor_error::requires_64bit, "a frame too large for a 32-bit system"},
    {processor_error::invalid_utf8, "a text message that is not UTF-8"},
};

// Not of the processor's category, but plain text in websocketpp's connection.
constexpr struct {
    const char* message;
    const char* words;
} close_violations[] = {
    {"Invalid close code", "a Close frame with a code that may not be sent"},
    {"Invalid close reason", "a Close frame whose reason is not UTF-8"},
};

}  // namespace

std::string violation_in_plain_words(const std::string& message) {
    const auto same = [&](const Violation& violation) { return processor_error::make_error_code(violation.error).message() == message; };
    if (const auto* found = std::ranges::find_if(violations, same); found != std::end(violations)) return found->words;
    const auto* found = std::ranges::find(close_violations, message, [](const auto& violation) { return violation.message; });
    return found != std::end(close_violations) ? found->words : message;
}

}  // namespace kingbolt::transport::detail
