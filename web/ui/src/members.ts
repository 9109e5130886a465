// The members of the cluster that keeps the log.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { MembersView, MemberView } from "./api.js";
import { rdn } from "./text.js";

/** Stands among nodes that are awaited for one that never comes. */
const NOBODY = 0;

export function members(view: MembersView): TemplateResult {
  const here = view.members.filter((member) => member.state !== "away").length;
  return html`
    <section class="panel log-members" aria-labelledby="members-title">
      <h2 id="members-title">Members <small>${here} of ${view.members.length} in view, log by ${view.engine}</small></h2>
      <dl class="facts" data-standing=${view.standing}>
        <div><dt>Quorum</dt><dd class="quorum">${quorum(view)}</dd></div>
        <div><dt>Epoch</dt><dd>${view.epoch}</dd></div>
        <div><dt>Hardware</dt><dd>${view.active === null ? "nobody's yet" : `node ${view.active}`}</dd></div>
        <div><dt>Arbitration line</dt><dd>${view.line === null ? "not held" : `node ${view.line}`}</dd></div>
        <div><dt>Rules</dt><dd>${view.machines === 0 ? "none yet" : `version ${view.machines}`}</dd></div>
      </dl>
      ${view.stuck === null
        ? nothing
        : html`<p class="flag stuck">Entry ${view.stuck} crashed this member: it waits until the entry is quarantined.</p>`}
      <div class="scroll" tabindex="0" role="region" aria-labelledby="members-title">
        <table>
          <thead>
            <tr><th>Node</th><th>Role</th><th>View</th><th>Log</th><th>Health</th><th>AMF nodes</th><th>Version</th></tr>
          </thead>
          <tbody>${repeat(view.members, (member) => member.node, (member) => row(member, view))}</tbody>
        </table>
        ${view.members.length === 0 ? html`<p class="none">No view has begun yet.</p>` : nothing}
      </div>
    </section>
  `;
}

/** Whether enough are there, and what keeps those from going on. */
function quorum(view: MembersView): string {
  switch (view.standing) {
    case "primary":
      return "yes";
    case "catching-up":
      return "yes, this member catches up";
    case "awaits":
      return `yes, but awaits ${view.awaits.map(awaited).join(", ")}`;
    case "not-quorate":
      return "no";
    case "superseded":
      return "no, another process of this node takes part";
    case "forming":
      return "being found out";
  }
}

function awaited(node: number): string {
  return node === NOBODY ? "an operator, as a journal was lost" : `node ${node}`;
}

function row(member: MemberView, view: MembersView): TemplateResult {
  const isHere = member.state !== "away";
  const isInStep = member.state === "active" || member.state === "standby";
  return html`
    <tr data-member-node=${member.node} data-member-state=${member.state} data-in-step=${isInStep}>
      <th scope="row">
        <span class="kind" data-kind=${member.cmm ? "CMM" : "blade"}>${member.cmm ? "CMM" : "blade"}</span>
        ${member.node} ${member.node === view.node ? html`<small>this one</small>` : nothing}
      </th>
      <td><span class="role" data-role=${isHere ? member.state.toUpperCase() : "NONE"}>${isHere ? member.state : "–"}</span></td>
      <td>${isHere ? "in view" : html`<span class="flag">away</span>`}</td>
      <td>${log(member, isInStep)}</td>
      <td>${health(member)}</td>
      <td class="hosts">${member.hosts.map((dn) => html`<span title=${dn}>${rdn(dn)}</span> `)}</td>
      <td>${version(member)}</td>
    </tr>
  `;
}

/** What it runs, and by which versions of the rules it could. */
function version({ software, machines_oldest, machines_newest }: MemberView): TemplateResult | string {
  if (machines_oldest === null || machines_newest === null) return software || html`<small>not told yet</small>`;
  const rules = machines_oldest === machines_newest ? `${machines_newest}` : `${machines_oldest} to ${machines_newest}`;
  return html`${software} <small>rules ${rules}</small>`;
}

/** Who keeps the log must have all of it to take over; blades only follow. */
function log(member: MemberView, isInStep: boolean): TemplateResult | string {
  if (isInStep) return "in step";
  if (member.state === "away") return "–";
  return member.cmm ? html`<span class="flag">catching up</span>` : "follows";
}

function health(member: MemberView): TemplateResult | string {
  if (member.health === null) return member.cmm && member.state !== "away" ? "not told yet" : "–";
  if (member.health.length === 0) return html`<span class="word" data-word="OK">ok</span>`;
  return html`${member.health.map((complaint) => html`<span class="flag">${complaint}</span>`)}`;
}
