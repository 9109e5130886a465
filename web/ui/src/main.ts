// The page: one element that draws the store.

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { activeUnits, amf, animateMoves } from "./amf.js";
import type { Order, SnapshotView } from "./api.js";
import { clm, plm } from "./cluster.js";
import { events } from "./events.js";
import { members } from "./members.js";
import { sensors } from "./sensors.js";
import { shelf } from "./shelf.js";
import { Store } from "./store.js";
import { span } from "./text.js";

const CONNECTION = { connecting: "connecting…", live: "live", lost: "connection lost, retrying…" };

class Console extends LitElement {
  private readonly store = new Store(() => this.requestUpdate());
  private active = new Map<string, string>();

  /** Into the page itself: one style sheet, and nothing hidden from tests or assistive tools. */
  protected override createRenderRoot(): HTMLElement {
    this.replaceChildren();
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.store.start();
    // Only the up time changes by itself.
    setInterval(() => this.requestUpdate(), 1000);
  }

  /** At most once a frame, however fast notices come; a page out of sight has no frames. */
  protected override async scheduleUpdate(): Promise<void> {
    await new Promise<void>((resolve) => {
      requestAnimationFrame(() => resolve());
      setTimeout(resolve, 100);
    });
    super.scheduleUpdate();
  }

  protected override render(): TemplateResult {
    const { snapshot } = this.store;
    return html`
      ${this.header()}
      <main data-connection=${this.store.connection}>
        ${snapshot
          ? this.panels(snapshot)
          : html`<p class="none waiting">Waiting for the shelf manager…</p>`}
      </main>
      ${this.message()} ${this.login()}
    `;
  }

  private panels(snapshot: SnapshotView): TemplateResult {
    const send = (order: Order) => void this.store.order(order);
    return html`
      ${shelf(snapshot.shelf, snapshot.amf, { demo: snapshot.status.demo, send })}
      ${amf(snapshot.amf, send)}
      ${events(snapshot.events)}
      ${sensors(snapshot.sensors, snapshot.shelf)}
      <div class="stack">${clm(snapshot.clm)} ${plm(snapshot.plm)}</div>
      ${members(snapshot.members)}
    `;
  }

  private header(): TemplateResult {
    const { connection, session, snapshot } = this.store;
    return html`
      <header>
        <h1><img src="favicon.svg" alt="" width="24" height="24" /> OpenShelf</h1>
        <span class="connection" data-connection=${connection} role="status">
          <i aria-hidden="true"></i>${CONNECTION[connection]}
        </span>
        ${snapshot ? this.facts(snapshot) : nothing}
        <span class="user">
          ${session.user
            ? html`${session.user}
                <button type="button" @click=${() => void this.store.logOut()}>Log out</button>`
            : html`<button type="button" @click=${() => this.store.openLogin()}>Log in</button>`}
        </span>
      </header>
    `;
  }

  private facts({ status }: SnapshotView): TemplateResult {
    const isLive = this.store.connection === "live";
    const elapsed = isLive ? performance.now() - this.store.statusAt : 0;
    const log = `${status.log_index}`;
    return html`
      <dl>
        <div><dt>Role</dt><dd>${status.role}${status.demo ? " (demo)" : ""}</dd></div>
        <div title=${status.port_text}>
          <dt>Chassis</dt>
          <dd>${status.port_kind}, <span data-port=${status.port_state}>${status.port_state}</span></dd>
        </div>
        <div title="On disk up to entry ${status.log_durable}">
          <dt>Log</dt><dd class="log-index">${log}</dd>
        </div>
        <div><dt>Up</dt><dd class="up">${span(status.uptime_ms + elapsed)}</dd></div>
        <div><dt>Version</dt><dd>${status.version}</dd></div>
      </dl>
    `;
  }

  private message(): TemplateResult {
    const { message } = this.store;
    return html`
      <div class="message" role="status" data-shown=${message !== undefined} data-failed=${message?.failed ?? false}>
        ${message?.text ?? ""}
      </div>
    `;
  }

  private login(): TemplateResult {
    const { loginError, session, waiting } = this.store;
    return html`
      <dialog aria-labelledby="login-title" @close=${() => this.store.loginOpen && this.store.closeLogin()}>
        <form method="dialog" @submit=${this.submit}>
          <h2 id="login-title">Log in</h2>
          <p>${waiting ? "Changing the shelf needs a login." : "To change things on this shelf."}</p>
          <label>Name <input name="name" autocomplete="username" required /></label>
          <label>Password <input name="password" type="password" autocomplete="current-password" required /></label>
          ${session.hint ? html`<p class="hint">Demo: <code>${session.hint}</code></p>` : nothing}
          <p class="error" role="alert">${loginError}</p>
          <div class="buttons">
            <button type="button" @click=${() => this.store.closeLogin()}>Cancel</button>
            <button type="submit" class="main">Log in</button>
          </div>
        </form>
      </dialog>
    `;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    void this.store.logIn(String(form.get("name")), String(form.get("password")));
  }

  protected override updated(): void {
    const dialog = this.querySelector("dialog");
    if (dialog && this.store.loginOpen && !dialog.open) {
      dialog.querySelector("form")?.reset();
      dialog.showModal();
    } else if (dialog?.open && !this.store.loginOpen) {
      dialog.close();
    }
    const active = activeUnits(this.store.snapshot?.amf);
    if (this.active.size > 0) animateMoves(this, this.active, active);
    // What is active nowhere for a moment still comes from where it last was.
    for (const [si, su] of active) this.active.set(si, su);
  }
}

customElements.define("openshelf-console", Console);
