// Which service unit is active for which service instance.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type {
  AmfComponentView,
  AmfView,
  ApplicationView,
  Order,
  ServiceGroupView,
  ServiceInstanceView,
  ServiceUnitView,
} from "./api.js";
import { rdn } from "./text.js";

type Send = (order: Order) => void;

export function amf(view: AmfView, send: Send): TemplateResult {
  return html`
    <section class="panel amf" aria-labelledby="amf-title">
      <h2 id="amf-title">Applications</h2>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="amf-title">
        ${view.applications.map((application) => groups(application, send))}
        ${view.applications.length === 0
          ? html`<p class="none">No application is configured.</p>`
          : nothing}
      </div>
    </section>
  `;
}

function groups(application: ApplicationView, send: Send): TemplateResult {
  return html`${repeat(
    application.service_groups,
    (group) => group.dn,
    (group) => matrix(application, group, send),
  )}`;
}

function matrix(application: ApplicationView, group: ServiceGroupView, send: Send): TemplateResult {
  const instances = group.service_instances;
  return html`
    <table class="matrix" data-sg=${group.dn}>
      <caption>
        <b>${application.name}</b> › ${group.name}
        <span class="model">${group.redundancy_model}</span>
        ${word(group.admin_state)}
      </caption>
      <thead>
        <tr>
          <th>Service unit</th>
          ${instances.map(instanceHead)}
          <th>State</th>
          <th>Components</th>
        </tr>
      </thead>
      <tbody>
        ${repeat(group.service_units, (su) => su.dn, (su) => unitRow(group, su, send))}
      </tbody>
    </table>
  `;
}

function instanceHead(si: ServiceInstanceView): TemplateResult {
  return html`
    <th class="si" data-si=${si.dn} data-assignment=${si.assignment_state} title=${si.dn}>
      ${si.name}<small>${si.assignment_state.toLowerCase()}</small>
    </th>
  `;
}

function unitRow(group: ServiceGroupView, su: ServiceUnitView, send: Send): TemplateResult {
  return html`
    <tr data-su=${su.dn} data-readiness=${su.readiness_state}>
      <th scope="row" title=${su.dn}>${su.name}<small>${rdn(su.node) || "no node"}</small></th>
      ${group.service_instances.map((si) => cell(group, su, si))}
      <td class="states">
        ${word(su.readiness_state)} ${word(su.presence_state)}
        <br />
        ${word(su.admin_state)} ${word(su.operational_state)}
      </td>
      <td class="components">
        ${repeat(su.components, (comp) => comp.dn, (comp) => component(comp, send))}
      </td>
    </tr>
  `;
}

function cell(group: ServiceGroupView, su: ServiceUnitView, si: ServiceInstanceView): TemplateResult {
  const found = group.assignments.find((entry) => entry.su === su.dn && entry.si === si.dn);
  const state = found?.ha_state ?? "";
  return html`
    <td class="cell" data-su=${su.dn} data-si=${si.dn} data-ha=${state || "NONE"} data-pending=${found?.pending ?? false}>
      ${state
        ? html`<span class="ha">${state}${found?.pending ? html`<i title="under way">…</i>` : nothing}</span>`
        : html`<span class="no-ha"><span class="hidden">not assigned</span>·</span>`}
    </td>
  `;
}

function component(comp: AmfComponentView, send: Send): TemplateResult {
  const isRunning = comp.presence_state === "INSTANTIATED";
  return html`
    <div class="component" data-component=${comp.dn} title=${comp.dn}>
      <span class="component-name">
        ${comp.name}
        <small>
          ${comp.presence_state.toLowerCase()}${comp.restart_count > 0
            ? `, restarted ${comp.restart_count}×`
            : ""}
        </small>
      </span>
      <button
        type="button"
        class="danger"
        data-order="kill-component"
        data-component=${comp.dn}
        aria-label="Kill ${comp.name} of ${rdn(comp.dn.slice(comp.dn.indexOf(",") + 1))}"
        ?disabled=${!isRunning}
        @click=${() => send({ "kill-component": { component: comp.dn } })}
      >
        Kill
      </button>
    </div>
  `;
}

/** A state word, coloured by whether it is what one wishes for. */
function word(state: string): TemplateResult {
  return html`<span class="word" data-word=${state}>${state}</span>`;
}

/** Where each service instance is active: to see what has moved. */
export function activeUnits(view: AmfView | undefined): Map<string, string> {
  const found = new Map<string, string>();
  for (const application of view?.applications ?? []) {
    for (const group of application.service_groups) {
      for (const entry of group.assignments) {
        if (entry.ha_state === "ACTIVE") found.set(entry.si, entry.su);
      }
    }
  }
  return found;
}

/** Lets the active mark travel from where it was to where it is now. */
export function animateMoves(root: HTMLElement, before: Map<string, string>, now: Map<string, string>): void {
  for (const [si, su] of now) {
    const from = before.get(si);
    if (from === su) continue;
    const target = find(root, su, si)?.querySelector<HTMLElement>(".ha");
    if (!target) continue;
    const source = from === undefined ? undefined : find(root, from, si);
    arrive(target, source);
  }
}

function find(root: HTMLElement, su: string, si: string): HTMLElement | null {
  return root.querySelector(`td.cell[data-su="${CSS.escape(su)}"][data-si="${CSS.escape(si)}"]`);
}

function arrive(target: HTMLElement, source: HTMLElement | null | undefined): void {
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (source && !isCalm) {
    const distance = source.getBoundingClientRect().top - target.getBoundingClientRect().top;
    target.animate(
      [{ transform: `translateY(${distance}px)`, zIndex: 1 }, { transform: "none", zIndex: 1 }],
      { duration: 500, easing: "cubic-bezier(.3, 1.3, .6, 1)" },
    );
  }
  target.classList.remove("arrived");
  // Reading the layout lets the animation start anew when it has not ended yet.
  void target.offsetWidth;
  target.classList.add("arrived");
}
