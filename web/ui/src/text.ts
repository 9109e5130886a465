// Small texts that several panels need.

/** An IPMB address as everybody writes it. */
export function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}

/** The value of the first RDN of a DN. */
export function rdn(dn: string | null): string {
  if (!dn) return "";
  const first = /^(?:\\.|[^,\\])*/.exec(dn)?.[0] ?? dn;
  return first.slice(first.indexOf("=") + 1);
}

/**
 * What an event is about, in short: the value of a DN's first RDN; of an HPI entity path all but the
 * chassis, in which everything is; anything else as it is.
 */
export function subject(object: string): string {
  if (object.startsWith("{")) return object.replace(/^\{[^}]*\}(?=\{)/, "");
  return rdn(object) || object;
}

/** Time of day with milliseconds, in local time. */
export function clock(timeUs: number): string {
  const time = new Date(timeUs / 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  const ms = String(time.getMilliseconds()).padStart(3, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}

export function span(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds / 3600) % 24} h`;
}

const STATES: Record<string, string> = {
  M0: "not installed",
  M1: "inactive",
  M2: "activation request",
  M3: "activation in progress",
  M4: "active",
  M5: "deactivation request",
  M6: "deactivation in progress",
  M7: "communication lost",
};

/** The standard's name of a hot swap state. */
export function stateName(state: string): string {
  return STATES[state] ?? state;
}
