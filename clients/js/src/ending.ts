import { closeCode, delayInReason, mayComeBack } from './close_code.js';
import type { Bye } from './messages.js';

/** Why a connection, or an attempt, has come to nothing, and what follows. */
export interface End {
    readonly reason: string;
    readonly comesBack: boolean;
    /** Of the Close frame or of `bye`. */
    readonly code?: number;
    /** Instead of the back-off. */
    readonly afterMs?: number | undefined;
}

/** The end that the server made, or the network: docs/protocol.md, "The end". What `bye` said counts more than the Close frame. */
export function endByServer(code: number, closeReason: string, bye: Bye | undefined, canRenewToken: boolean): End {
    const unsaid = code === closeCode.abnormal ? 'connection_lost' : 'closed_by_server';
    const end =
        bye === undefined
            ? { code, reason: closeReason, comesBack: mayComeBack(code), afterMs: delayInReason(closeReason) }
            : { code: bye.code, reason: bye.reason, comesBack: bye.retry, afterMs: bye.afterMs };
    const isFinal = end.code === closeCode.authExpired && !canRenewToken;
    return { ...end, reason: end.reason || unsaid, comesBack: end.comesBack && !isFinal };
}
