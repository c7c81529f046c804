#pragma once
// Whether a transport encrypts, with which certificates, and for whom.

#include <kingbolt/concepts/secure_channel.hpp>
#include <kingbolt/core/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace kingbolt {

/// No TLS. Costs nothing: no byte in a connection, no branch.
struct PlainText {
    static constexpr bool encrypts = false;  ///< what SecureChannel asks
    struct State {};
};

static_assert(SecureChannel<PlainText>);

/// The oldest that is spoken.
enum class TlsVersion : std::uint8_t { v1_2, v1_3 };

/// The certificate for clients that ask for one server by its name (SNI, RFC 6066 §3).
struct SniCertificate {
    std::string server_name{};             ///< as in `wss://chat.example.org/`, in any case; `*.example.org` is every name one level below
    std::string certificate_chain_file{};  ///< likewise for this name
    std::string private_key_file{};        ///< of the first of them
};

/// Files in PEM format. They are read at construction and at `reload`. A key with a passphrase is refused: there is nobody to ask.
///
/// TLS 1.3, and 1.2 with forward secrecy and authenticated encryption only: what Mozilla calls "intermediate", without finite-field
/// Diffie-Hellman (wiki.mozilla.org/Security/Server_Side_TLS). A client that offers application protocols (ALPN, RFC 7301) without
/// `http/1.1` among them is told that none fits: WebSocket over HTTP/2 is not spoken here. Browsers offer `http/1.1` for wss.
struct TlsOptions {
    std::string certificate_chain_file{};     ///< the server's certificate, then those between it and its root
    std::string private_key_file{};           ///< the key of the first of them
    std::vector<SniCertificate> sni{};        ///< the certificate above is for clients that name none of these
    std::string client_ca_file{};             ///< asks clients for a certificate, and refuses one that none of these authorities has signed
    bool require_client_certificate = false;  ///< refuses clients without one; needs `client_ca_file`
    TlsVersion min_version = TlsVersion::v1_2;  ///< v1_3 refuses TLS 1.2

    /// Throws InvalidOption. Whether the files can be used shows when they are read.
    void validate() const {
        const auto require_file = [](const std::string& option, const std::string& file, const char* cure) {
            if (file.empty()) throw InvalidOption{"TlsOptions." + option, "\"\"", "the name of a file", cure};
        };
        const char* const chain = "give the PEM file with the certificate and those between it and its root";
        const char* const key = "give the PEM file with the certificate's key";
        require_file("certificate_chain_file", certificate_chain_file, chain);
        require_file("private_key_file", private_key_file, key);
        if (require_client_certificate)
            require_file("client_ca_file", client_ca_file, "give the authorities that sign clients, or require no certificate of them");
        for (const auto& certificate : sni) {
            if (certificate.server_name.empty())
                throw InvalidOption{"TlsOptions.sni.server_name", "\"\"", "a host name", "leave the default certificate out of the list"};
            require_file("sni.certificate_chain_file", certificate.certificate_chain_file, chain);
            require_file("sni.private_key_file", certificate.private_key_file, key);
        }
    }
};

}  // namespace kingbolt
