// A message is compressed for a client that offered it, and read back.

#include <kingbolt/compression/zlib.hpp>

#include <string>
#include <string_view>

int main() {
    namespace kb = kingbolt;
    kb::compression::Zlib zlib{{.min_size = 1}};
    kb::compression::Zlib::State state;
    const kb::ExtensionOffer offer{"permessage-deflate"};
    if (!zlib.accept(state, {&offer, 1})) return 1;

    const std::string message(1000, 'x');
    const kb::Frame frame = zlib.deflated(state, kb::Frame::encode(kb::Opcode::text, message));
    const std::string_view payload{reinterpret_cast<const char*>(frame.payload().data()), frame.payload().size()};
    std::string read;
    if (payload.size() >= message.size() || zlib.inflate(state, payload, read, message.size()) != kb::Inflated::ok) return 2;
    return read == message ? 0 : 3;
}
