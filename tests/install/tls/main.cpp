// A transport that is to encrypt without a certificate is refused, by name.

#include <kingbolt/hub.hpp>
#include <kingbolt/tls/openssl.hpp>
#include <kingbolt/transport/native.hpp>

#include <asio/io_context.hpp>

#include <string_view>
#include <system_error>

int main() {
    namespace kb = kingbolt;
    asio::io_context io;
    try {
        kb::transport::Native server{
            io, {}, kb::tls::OpenSsl{{.certificate_chain_file = "/nowhere/chain.pem", .private_key_file = "/nowhere/key.pem"}}};
        kb::Hub hub{server};
    } catch (const std::system_error& problem) {
        return std::string_view{problem.what()}.find("/nowhere/chain.pem") != std::string_view::npos ? 0 : 2;
    }
    return 1;
}
