// Cluster membership, and the platform below it.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ClmView, PlmElementView, PlmView } from "./api.js";
import { rdn } from "./text.js";

export function clm(view: ClmView): TemplateResult {
  const members = view.nodes.filter((node) => node.member).length;
  return html`
    <section class="panel clm" aria-labelledby="clm-title">
      <h2 id="clm-title">Cluster <small>${members} of ${view.nodes.length} are members, view ${view.view}</small></h2>
      <ul class="members">
        ${repeat(
          view.nodes,
          (node) => node.dn,
          (node) => html`
            <li data-node=${node.dn} data-member=${node.member} title=${node.dn}>
              <i aria-hidden="true"></i>
              <b>${node.name}</b>
              <small>${node.member ? `member, id ${node.node_id}` : "not a member"}</small>
              <small class="admin">${node.admin_state.toLowerCase()}</small>
            </li>
          `,
        )}
      </ul>
      ${view.nodes.length === 0 ? html`<p class="none">No node is configured.</p>` : nothing}
    </section>
  `;
}

export function plm(view: PlmView): TemplateResult {
  const parents = new Map(view.elements.map((element) => [element.dn, element.parent]));
  return html`
    <section class="panel plm" aria-labelledby="plm-title">
      <h2 id="plm-title">Platform <small>hardware and execution environments</small></h2>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="plm-title">
        <table>
          <thead>
            <tr><th>Element</th><th>Presence</th><th>Readiness</th><th>State</th></tr>
          </thead>
          <tbody>
            ${repeat(view.elements, (element) => element.dn, (element) => row(element, depth(element, parents)))}
          </tbody>
        </table>
        ${view.elements.length === 0 ? html`<p class="none">No element is configured.</p>` : nothing}
      </div>
    </section>
  `;
}

/** Ancestors of an element; a loop in the data ends at the number of elements. */
function depth(element: PlmElementView, parents: Map<string, string | null>): number {
  let count = 0;
  let parent = element.parent;
  while (parent && count < parents.size) {
    count += 1;
    parent = parents.get(parent) ?? null;
  }
  return count;
}

function row(element: PlmElementView, level: number): TemplateResult {
  return html`
    <tr data-element=${element.dn} data-kind=${element.kind} title=${element.entity_path ?? element.dn}>
      <th scope="row" data-level=${Math.min(level, 6)}>
        <span class="kind">${element.kind}</span> ${element.name || rdn(element.dn)}
      </th>
      <td><span class="word" data-word=${element.presence_state}>${element.presence_state}</span></td>
      <td>
        <span class="word" data-word=${element.readiness_state}>${element.readiness_state}</span>
        ${element.readiness_flags.map((flag) => html`<small class="flag">${flag.toLowerCase()}</small>`)}
      </td>
      <td><small>${element.admin_state.toLowerCase()}, ${element.operational_state.toLowerCase()}</small></td>
    </tr>
  `;
}
