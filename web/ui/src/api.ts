// The views of the web-api crate, key by key.

export interface Quantity {
  value: string;
  micro: number;
}

export interface SlotView {
  site: string;
  slot: number;
  address: number;
  fru: number;
  present: boolean;
  name: string;
  state: string;
  blue_led: "off" | "on" | "short-blink" | "long-blink";
  handle: "unknown" | "open" | "closed";
  node: string | null;
}

export interface ShelfView {
  name: string;
  slots: SlotView[];
}

export interface ThresholdsView {
  lower_non_recoverable: Quantity | null;
  lower_critical: Quantity | null;
  lower_non_critical: Quantity | null;
  upper_non_critical: Quantity | null;
  upper_critical: Quantity | null;
  upper_non_recoverable: Quantity | null;
}

export interface SensorView {
  address: number;
  lun: number;
  number: number;
  name: string;
  kind: string;
  unit: string;
  value: Quantity | null;
  raw: number | null;
  states: string[];
  thresholds: ThresholdsView;
  status: "unavailable" | "ok" | "minor" | "major" | "critical";
}

export interface EventView {
  sequence: number;
  time_us: number;
  source: string;
  severity: "critical" | "major" | "minor" | "warning" | "informational" | "ok";
  object: string;
  text: string;
}

export interface CsiAssignmentView {
  csi: string;
  ha_state: string;
}

export interface AmfComponentView {
  dn: string;
  name: string;
  operational_state: string;
  presence_state: string;
  readiness_state: string;
  restart_count: number;
  assignments: CsiAssignmentView[];
}

export interface ServiceUnitView {
  dn: string;
  name: string;
  rank: number;
  node: string | null;
  admin_state: string;
  operational_state: string;
  presence_state: string;
  readiness_state: string;
  components: AmfComponentView[];
}

export interface ServiceInstanceView {
  dn: string;
  name: string;
  rank: number;
  admin_state: string;
  assignment_state: string;
}

export interface AssignmentView {
  su: string;
  si: string;
  ha_state: string;
  pending: boolean;
}

export interface ServiceGroupView {
  dn: string;
  name: string;
  redundancy_model: string;
  admin_state: string;
  service_units: ServiceUnitView[];
  service_instances: ServiceInstanceView[];
  assignments: AssignmentView[];
}

export interface ApplicationView {
  dn: string;
  name: string;
  admin_state: string;
  service_groups: ServiceGroupView[];
}

export interface AmfNodeView {
  dn: string;
  name: string;
  clm_node: string | null;
  admin_state: string;
  operational_state: string;
}

export interface AmfView {
  applications: ApplicationView[];
  nodes: AmfNodeView[];
}

export interface ClmNodeView {
  dn: string;
  name: string;
  node_id: number;
  member: boolean;
  admin_state: string;
  initial_view: number;
  ee: string | null;
}

export interface ClmView {
  cluster: string;
  view: number;
  nodes: ClmNodeView[];
}

export interface PlmElementView {
  dn: string;
  name: string;
  parent: string | null;
  kind: "HE" | "EE";
  admin_state: string;
  operational_state: string;
  presence_state: string;
  readiness_state: string;
  readiness_flags: string[];
  entity_path: string | null;
}

export interface PlmView {
  elements: PlmElementView[];
}

export interface MemberView {
  node: number;
  cmm: boolean;
  state: "active" | "standby" | "follower" | "away";
  software: string;
  machines_oldest: number | null;
  machines_newest: number | null;
  health: string[] | null;
  hosts: string[];
}

export interface MembersView {
  node: number;
  engine: string;
  standing: "forming" | "not-quorate" | "awaits" | "superseded" | "catching-up" | "primary";
  awaits: number[];
  epoch: number;
  index: number;
  hash: string;
  durable: number;
  active: number | null;
  line: number | null;
  stuck: number | null;
  machines: number;
  members: MemberView[];
}

export interface StatusView {
  version: string;
  role: string;
  demo: boolean;
  uptime_ms: number;
  log_index: number;
  log_durable: number;
  port_kind: string;
  port_state: string;
  port_text: string;
}

export interface SnapshotView {
  sequence: number;
  status: StatusView;
  shelf: ShelfView;
  sensors: SensorView[];
  events: EventView[];
  amf: AmfView;
  clm: ClmView;
  plm: PlmView;
  members: MembersView;
}

/** What has changed: one key each. */
export interface Change {
  slot?: SlotView;
  sensor?: SensorView;
  "sensors-gone"?: { address: number };
  event?: EventView;
  amf?: AmfView;
  clm?: ClmView;
  plm?: PlmView;
  members?: MembersView;
  status?: StatusView;
  lagged?: { missed: number };
}

export interface Notice {
  sequence: number;
  time_us: number;
  change: Change;
}

export interface Refusal {
  code: string;
  text: string;
}

export interface SessionView {
  user: string | null;
  hint: string | null;
  login_to_read: boolean;
}

export type Order =
  | { "open-handle": { slot: number } }
  | { "close-handle": { slot: number } }
  | { "pull-blade": { slot: number } }
  | { "insert-blade": { slot: number } }
  | { "kill-component": { component: string } };

/** Sends JSON and returns what comes back; a refusal is thrown. */
export async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const request: RequestInit = { method, credentials: "same-origin" };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { "Content-Type": "application/json" };
  }
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}`, request);
  } catch {
    throw { code: "unreachable", text: "the shelf manager does not answer" } satisfies Refusal;
  }
  if (response.status === 204) return undefined as T;
  const answer = await response.json();
  if (!response.ok) throw answer.refused as Refusal;
  return answer as T;
}
