// The picture of the shelf, kept up to date by the event stream.

import {
  send,
  type Notice,
  type Order,
  type Refusal,
  type SensorView,
  type SessionView,
  type SlotView,
  type SnapshotView,
} from "./api.js";

/** Events kept on the page. */
const EVENTS_MAX = 500;
/** How long the page waits before it opens a stream again that the server refused. */
const RETRY_MS = 2000;
/** How long a message stays. */
const MESSAGE_MS = 6000;

export type Connection = "connecting" | "live" | "lost";

export class Store {
  snapshot: SnapshotView | undefined;
  connection: Connection = "connecting";
  session: SessionView = { user: null, hint: null, login_to_read: false };
  /** An order that waits for a login. */
  waiting: Order | undefined;
  loginOpen = false;
  loginError = "";
  message: { text: string; failed: boolean } | undefined;
  /** When the last status came, to count the up time on. */
  statusAt = 0;
  private messageTimer = 0;

  constructor(private readonly changed: () => void) {}

  async start(): Promise<void> {
    try {
      this.session = await send<SessionView>("GET", "session");
    } catch {
      // The stream tells that nobody answers, and goes on trying.
    }
    if (this.session.login_to_read && !this.session.user) this.loginOpen = true;
    this.changed();
    this.listen();
  }

  private listen(): void {
    const stream = new EventSource("/api/v1/stream");
    stream.addEventListener("snapshot", (event) => {
      this.snapshot = JSON.parse(event.data) as SnapshotView;
      this.statusAt = performance.now();
      this.connection = "live";
      this.changed();
    });
    stream.addEventListener("notice", (event) => {
      this.apply(JSON.parse(event.data) as Notice);
      this.changed();
    });
    stream.addEventListener("error", () => {
      if (this.connection === "live") this.connection = "lost";
      this.changed();
      // A stream that the server refused is not opened again by the browser.
      if (stream.readyState === EventSource.CLOSED) {
        setTimeout(() => this.listen(), RETRY_MS);
      }
    });
  }

  private apply(notice: Notice): void {
    const snapshot = this.snapshot;
    if (!snapshot) return;
    const { change } = notice;
    if (change.slot) putSlot(snapshot.shelf.slots, change.slot);
    if (change.sensor) putSensor(snapshot.sensors, change.sensor);
    const gone = change["sensors-gone"];
    if (gone) snapshot.sensors = snapshot.sensors.filter((s) => s.address !== gone.address);
    if (change.event && !snapshot.events.some((e) => e.sequence === change.event?.sequence)) {
      snapshot.events.push(change.event);
      snapshot.events.splice(0, snapshot.events.length - EVENTS_MAX);
    }
    if (change.amf) snapshot.amf = change.amf;
    if (change.clm) snapshot.clm = change.clm;
    if (change.plm) snapshot.plm = change.plm;
    if (change.members) snapshot.members = change.members;
    if (change.status) {
      snapshot.status = change.status;
      this.statusAt = performance.now();
    }
  }

  async order(order: Order): Promise<void> {
    try {
      const outcome = await send<{ done: { text: string } }>("POST", "orders", order);
      this.say(outcome.done.text, false);
    } catch (error) {
      const refusal = error as Refusal;
      if (refusal.code === "not-logged-in") {
        this.waiting = order;
        this.session.user = null;
        this.openLogin();
        return;
      }
      this.say(refusal.text, true);
    }
  }

  openLogin(): void {
    this.loginOpen = true;
    this.loginError = "";
    this.changed();
  }

  closeLogin(): void {
    this.loginOpen = false;
    this.waiting = undefined;
    this.changed();
  }

  async logIn(name: string, password: string): Promise<void> {
    try {
      const { hint } = this.session;
      this.session = { ...(await send<SessionView>("POST", "session", { name, password })), hint };
      const waiting = this.waiting;
      this.closeLogin();
      if (waiting) await this.order(waiting);
    } catch (error) {
      this.loginError = (error as Refusal).text;
      this.changed();
    }
  }

  async logOut(): Promise<void> {
    try {
      await send("DELETE", "session");
      this.session.user = null;
      this.changed();
    } catch (error) {
      this.say((error as Refusal).text, true);
    }
  }

  say(text: string, failed: boolean): void {
    this.message = { text, failed };
    clearTimeout(this.messageTimer);
    this.messageTimer = window.setTimeout(() => {
      this.message = undefined;
      this.changed();
    }, MESSAGE_MS);
    this.changed();
  }
}

function putSlot(slots: SlotView[], slot: SlotView): void {
  const index = slots.findIndex(
    (s) => s.site === slot.site && s.slot === slot.slot && s.fru === slot.fru,
  );
  if (index >= 0) slots[index] = slot;
  else slots.push(slot);
}

function putSensor(sensors: SensorView[], sensor: SensorView): void {
  const order = (s: SensorView) => (s.address * 4 + s.lun) * 256 + s.number;
  const index = sensors.findIndex((s) => order(s) >= order(sensor));
  if (index < 0) sensors.push(sensor);
  else sensors.splice(index, order(sensors[index]!) === order(sensor) ? 1 : 0, sensor);
}
