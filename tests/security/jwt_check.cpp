// Judges tokens that others made: one a line on standard input, one verdict a line on standard output.
//
//     jwt_check JWKS [ISSUER AUDIENCE]

#include <kingbolt/security/jwt.hpp>

#include <exception>
#include <iostream>
#include <string>

int main(int argc, char** argv) try {
    namespace kb = kingbolt;
    if (argc != 2 && argc != 4) {
        std::cerr << "usage: jwt_check JWKS [ISSUER AUDIENCE]\n";
        return 2;
    }
    kb::JwtOptions options;
    if (argc == 4) {
        options.issuer = argv[2];
        options.audience = argv[3];
    }
    kb::JwtAuthenticator judge{std::move(options), kb::JwksFile{{.path = argv[1]}}};
    for (std::string token; std::getline(std::cin, token);) {
        const kb::Authentication answer = judge.refresh(token);
        std::cout << (answer ? "accepted: " + answer.identity->subject : "refused: " + answer.detail) << std::endl;
    }
    return 0;
} catch (const std::exception& failure) {
    std::cerr << "jwt_check: " << failure.what() << '\n';
    return 1;
}
