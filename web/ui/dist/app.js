/**
 * @license
 * Copyright 2019 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var D=globalThis,q=D.ShadowRoot&&(D.ShadyCSS===void 0||D.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,ge=Symbol(),$e=new WeakMap,j=class{constructor(e,s,n){if(this._$cssResult$=!0,n!==ge)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=e,this.t=s}get styleSheet(){let e=this.o,s=this.t;if(q&&e===void 0){let n=s!==void 0&&s.length===1;n&&(e=$e.get(s)),e===void 0&&((this.o=e=new CSSStyleSheet).replaceSync(this.cssText),n&&$e.set(s,e))}return e}toString(){return this.cssText}},_e=t=>new j(typeof t=="string"?t:t+"",void 0,ge);var ve=(t,e)=>{if(q)t.adoptedStyleSheets=e.map(s=>s instanceof CSSStyleSheet?s:s.styleSheet);else for(let s of e){let n=document.createElement("style"),i=D.litNonce;i!==void 0&&n.setAttribute("nonce",i),n.textContent=s.cssText,t.appendChild(n)}},se=q?t=>t:t=>t instanceof CSSStyleSheet?(e=>{let s="";for(let n of e.cssRules)s+=n.cssText;return _e(s)})(t):t;/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var{is:rt,defineProperty:ot,getOwnPropertyDescriptor:at,getOwnPropertyNames:lt,getOwnPropertySymbols:dt,getPrototypeOf:ct}=Object,B=globalThis,be=B.trustedTypes,ht=be?be.emptyScript:"",pt=B.reactiveElementPolyfillSupport,O=(t,e)=>t,ne={toAttribute(t,e){switch(e){case Boolean:t=t?ht:null;break;case Object:case Array:t=t==null?t:JSON.stringify(t)}return t},fromAttribute(t,e){let s=t;switch(e){case Boolean:s=t!==null;break;case Number:s=t===null?null:Number(t);break;case Object:case Array:try{s=JSON.parse(t)}catch{s=null}}return s}},ye=(t,e)=>!rt(t,e),we={attribute:!0,type:String,converter:ne,reflect:!1,useDefault:!1,hasChanged:ye};Symbol.metadata??=Symbol("metadata"),B.litPropertyMetadata??=new WeakMap;var b=class extends HTMLElement{static addInitializer(e){this._$Ei(),(this.l??=[]).push(e)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(e,s=we){if(s.state&&(s.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(e)&&((s=Object.create(s)).wrapped=!0),this.elementProperties.set(e,s),!s.noAccessor){let n=Symbol(),i=this.getPropertyDescriptor(e,n,s);i!==void 0&&ot(this.prototype,e,i)}}static getPropertyDescriptor(e,s,n){let{get:i,set:r}=at(this.prototype,e)??{get(){return this[s]},set(o){this[s]=o}};return{get:i,set(o){let d=i?.call(this);r?.call(this,o),this.requestUpdate(e,d,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(e){return this.elementProperties.get(e)??we}static _$Ei(){if(this.hasOwnProperty(O("elementProperties")))return;let e=ct(this);e.finalize(),e.l!==void 0&&(this.l=[...e.l]),this.elementProperties=new Map(e.elementProperties)}static finalize(){if(this.hasOwnProperty(O("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(O("properties"))){let s=this.properties,n=[...lt(s),...dt(s)];for(let i of n)this.createProperty(i,s[i])}let e=this[Symbol.metadata];if(e!==null){let s=litPropertyMetadata.get(e);if(s!==void 0)for(let[n,i]of s)this.elementProperties.set(n,i)}this._$Eh=new Map;for(let[s,n]of this.elementProperties){let i=this._$Eu(s,n);i!==void 0&&this._$Eh.set(i,s)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(e){let s=[];if(Array.isArray(e)){let n=new Set(e.flat(1/0).reverse());for(let i of n)s.unshift(se(i))}else e!==void 0&&s.push(se(e));return s}static _$Eu(e,s){let n=s.attribute;return n===!1?void 0:typeof n=="string"?n:typeof e=="string"?e.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(e=>this.enableUpdating=e),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(e=>e(this))}addController(e){(this._$EO??=new Set).add(e),this.renderRoot!==void 0&&this.isConnected&&e.hostConnected?.()}removeController(e){this._$EO?.delete(e)}_$E_(){let e=new Map,s=this.constructor.elementProperties;for(let n of s.keys())this.hasOwnProperty(n)&&(e.set(n,this[n]),delete this[n]);e.size>0&&(this._$Ep=e)}createRenderRoot(){let e=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return ve(e,this.constructor.elementStyles),e}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(e=>e.hostConnected?.())}enableUpdating(e){}disconnectedCallback(){this._$EO?.forEach(e=>e.hostDisconnected?.())}attributeChangedCallback(e,s,n){this._$AK(e,n)}_$ET(e,s){let n=this.constructor.elementProperties.get(e),i=this.constructor._$Eu(e,n);if(i!==void 0&&n.reflect===!0){let r=(n.converter?.toAttribute!==void 0?n.converter:ne).toAttribute(s,n.type);this._$Em=e,r==null?this.removeAttribute(i):this.setAttribute(i,r),this._$Em=null}}_$AK(e,s){let n=this.constructor,i=n._$Eh.get(e);if(i!==void 0&&this._$Em!==i){let r=n.getPropertyOptions(i),o=typeof r.converter=="function"?{fromAttribute:r.converter}:r.converter?.fromAttribute!==void 0?r.converter:ne;this._$Em=i;let d=o.fromAttribute(s,r.type);this[i]=d??this._$Ej?.get(i)??d,this._$Em=null}}requestUpdate(e,s,n,i=!1,r){if(e!==void 0){let o=this.constructor;if(i===!1&&(r=this[e]),n??=o.getPropertyOptions(e),!((n.hasChanged??ye)(r,s)||n.useDefault&&n.reflect&&r===this._$Ej?.get(e)&&!this.hasAttribute(o._$Eu(e,n))))return;this.C(e,s,n)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(e,s,{useDefault:n,reflect:i,wrapped:r},o){n&&!(this._$Ej??=new Map).has(e)&&(this._$Ej.set(e,o??s??this[e]),r!==!0||o!==void 0)||(this._$AL.has(e)||(this.hasUpdated||n||(s=void 0),this._$AL.set(e,s)),i===!0&&this._$Em!==e&&(this._$Eq??=new Set).add(e))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(s){Promise.reject(s)}let e=this.scheduleUpdate();return e!=null&&await e,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[i,r]of this._$Ep)this[i]=r;this._$Ep=void 0}let n=this.constructor.elementProperties;if(n.size>0)for(let[i,r]of n){let{wrapped:o}=r,d=this[i];o!==!0||this._$AL.has(i)||d===void 0||this.C(i,void 0,r,d)}}let e=!1,s=this._$AL;try{e=this.shouldUpdate(s),e?(this.willUpdate(s),this._$EO?.forEach(n=>n.hostUpdate?.()),this.update(s)):this._$EM()}catch(n){throw e=!1,this._$EM(),n}e&&this._$AE(s)}willUpdate(e){}_$AE(e){this._$EO?.forEach(s=>s.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(e)),this.updated(e)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(e){return!0}update(e){this._$Eq&&=this._$Eq.forEach(s=>this._$ET(s,this[s])),this._$EM()}updated(e){}firstUpdated(e){}};b.elementStyles=[],b.shadowRootOptions={mode:"open"},b[O("elementProperties")]=new Map,b[O("finalized")]=new Map,pt?.({ReactiveElement:b}),(B.reactiveElementVersions??=[]).push("2.1.2");/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var re=globalThis,Se=t=>t,z=re.trustedTypes,Ae=z?z.createPolicy("lit-html",{createHTML:t=>t}):void 0,oe="$lit$",w=`lit$${Math.random().toFixed(9).slice(2)}$`,ae="?"+w,ut=`<${ae}>`,x=document,k=()=>x.createComment(""),L=t=>t===null||typeof t!="object"&&typeof t!="function",le=Array.isArray,Me=t=>le(t)||typeof t?.[Symbol.iterator]=="function",ie=`[ 	
\f\r]`,N=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Ee=/-->/g,Ve=/>/g,E=RegExp(`>|${ie}(?:([^\\s"'>=/]+)(${ie}*=${ie}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),xe=/'/g,Te=/"/g,Re=/^(?:script|style|textarea|title)$/i,de=t=>(e,...s)=>({_$litType$:t,strings:e,values:s}),a=de(1),Pe=de(2),os=de(3),y=Symbol.for("lit-noChange"),h=Symbol.for("lit-nothing"),Ce=new WeakMap,V=x.createTreeWalker(x,129);function Oe(t,e){if(!le(t)||!t.hasOwnProperty("raw"))throw Error("invalid template strings array");return Ae!==void 0?Ae.createHTML(e):e}var Ne=(t,e)=>{let s=t.length-1,n=[],i,r=e===2?"<svg>":e===3?"<math>":"",o=N;for(let d=0;d<s;d++){let l=t[d],u,p,c=-1,f=0;for(;f<l.length&&(o.lastIndex=f,p=o.exec(l),p!==null);)f=o.lastIndex,o===N?p[1]==="!--"?o=Ee:p[1]!==void 0?o=Ve:p[2]!==void 0?(Re.test(p[2])&&(i=RegExp("</"+p[2],"g")),o=E):p[3]!==void 0&&(o=E):o===E?p[0]===">"?(o=i??N,c=-1):p[1]===void 0?c=-2:(c=o.lastIndex-p[2].length,u=p[1],o=p[3]===void 0?E:p[3]==='"'?Te:xe):o===Te||o===xe?o=E:o===Ee||o===Ve?o=N:(o=E,i=void 0);let m=o===E&&t[d+1].startsWith("/>")?" ":"";r+=o===N?l+ut:c>=0?(n.push(u),l.slice(0,c)+oe+l.slice(c)+w+m):l+w+(c===-2?d:m)}return[Oe(t,r+(t[s]||"<?>")+(e===2?"</svg>":e===3?"</math>":"")),n]},U=class t{constructor({strings:e,_$litType$:s},n){let i;this.parts=[];let r=0,o=0,d=e.length-1,l=this.parts,[u,p]=Ne(e,s);if(this.el=t.createElement(u,n),V.currentNode=this.el.content,s===2||s===3){let c=this.el.content.firstChild;c.replaceWith(...c.childNodes)}for(;(i=V.nextNode())!==null&&l.length<d;){if(i.nodeType===1){if(i.hasAttributes())for(let c of i.getAttributeNames())if(c.endsWith(oe)){let f=p[o++],m=i.getAttribute(c).split(w),$=/([.?@])?(.*)/.exec(f);l.push({type:1,index:r,name:$[2],strings:m,ctor:$[1]==="."?G:$[1]==="?"?W:$[1]==="@"?F:C}),i.removeAttribute(c)}else c.startsWith(w)&&(l.push({type:6,index:r}),i.removeAttribute(c));if(Re.test(i.tagName)){let c=i.textContent.split(w),f=c.length-1;if(f>0){i.textContent=z?z.emptyScript:"";for(let m=0;m<f;m++)i.append(c[m],k()),V.nextNode(),l.push({type:2,index:++r});i.append(c[f],k())}}}else if(i.nodeType===8)if(i.data===ae)l.push({type:2,index:r});else{let c=-1;for(;(c=i.data.indexOf(w,c+1))!==-1;)l.push({type:7,index:r}),c+=w.length-1}r++}}static createElement(e,s){let n=x.createElement("template");return n.innerHTML=e,n}};function T(t,e,s=t,n){if(e===y)return e;let i=n!==void 0?s._$Co?.[n]:s._$Cl,r=L(e)?void 0:e._$litDirective$;return i?.constructor!==r&&(i?._$AO?.(!1),r===void 0?i=void 0:(i=new r(t),i._$AT(t,s,n)),n!==void 0?(s._$Co??=[])[n]=i:s._$Cl=i),i!==void 0&&(e=T(t,i._$AS(t,e.values),i,n)),e}var Q=class{constructor(e,s){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=s}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){let{el:{content:s},parts:n}=this._$AD,i=(e?.creationScope??x).importNode(s,!0);V.currentNode=i;let r=V.nextNode(),o=0,d=0,l=n[0];for(;l!==void 0;){if(o===l.index){let u;l.type===2?u=new R(r,r.nextSibling,this,e):l.type===1?u=new l.ctor(r,l.name,l.strings,this,e):l.type===6&&(u=new K(r,this,e)),this._$AV.push(u),l=n[++d]}o!==l?.index&&(r=V.nextNode(),o++)}return V.currentNode=x,i}p(e){let s=0;for(let n of this._$AV)n!==void 0&&(n.strings!==void 0?(n._$AI(e,n,s),s+=n.strings.length-2):n._$AI(e[s])),s++}},R=class t{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,s,n,i){this.type=2,this._$AH=h,this._$AN=void 0,this._$AA=e,this._$AB=s,this._$AM=n,this.options=i,this._$Cv=i?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode,s=this._$AM;return s!==void 0&&e?.nodeType===11&&(e=s.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,s=this){e=T(this,e,s),L(e)?e===h||e==null||e===""?(this._$AH!==h&&this._$AR(),this._$AH=h):e!==this._$AH&&e!==y&&this._(e):e._$litType$!==void 0?this.$(e):e.nodeType!==void 0?this.T(e):Me(e)?this.k(e):this._(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==h&&L(this._$AH)?this._$AA.nextSibling.data=e:this.T(x.createTextNode(e)),this._$AH=e}$(e){let{values:s,_$litType$:n}=e,i=typeof n=="number"?this._$AC(e):(n.el===void 0&&(n.el=U.createElement(Oe(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===i)this._$AH.p(s);else{let r=new Q(i,this),o=r.u(this.options);r.p(s),this.T(o),this._$AH=r}}_$AC(e){let s=Ce.get(e.strings);return s===void 0&&Ce.set(e.strings,s=new U(e)),s}k(e){le(this._$AH)||(this._$AH=[],this._$AR());let s=this._$AH,n,i=0;for(let r of e)i===s.length?s.push(n=new t(this.O(k()),this.O(k()),this,this.options)):n=s[i],n._$AI(r),i++;i<s.length&&(this._$AR(n&&n._$AB.nextSibling,i),s.length=i)}_$AR(e=this._$AA.nextSibling,s){for(this._$AP?.(!1,!0,s);e!==this._$AB;){let n=Se(e).nextSibling;Se(e).remove(),e=n}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}},C=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,s,n,i,r){this.type=1,this._$AH=h,this._$AN=void 0,this.element=e,this.name=s,this._$AM=i,this.options=r,n.length>2||n[0]!==""||n[1]!==""?(this._$AH=Array(n.length-1).fill(new String),this.strings=n):this._$AH=h}_$AI(e,s=this,n,i){let r=this.strings,o=!1;if(r===void 0)e=T(this,e,s,0),o=!L(e)||e!==this._$AH&&e!==y,o&&(this._$AH=e);else{let d=e,l,u;for(e=r[0],l=0;l<r.length-1;l++)u=T(this,d[n+l],s,l),u===y&&(u=this._$AH[l]),o||=!L(u)||u!==this._$AH[l],u===h?e=h:e!==h&&(e+=(u??"")+r[l+1]),this._$AH[l]=u}o&&!i&&this.j(e)}j(e){e===h?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??"")}},G=class extends C{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===h?void 0:e}},W=class extends C{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==h)}},F=class extends C{constructor(e,s,n,i,r){super(e,s,n,i,r),this.type=5}_$AI(e,s=this){if((e=T(this,e,s,0)??h)===y)return;let n=this._$AH,i=e===h&&n!==h||e.capture!==n.capture||e.once!==n.once||e.passive!==n.passive,r=e!==h&&(n===h||i);i&&this.element.removeEventListener(this.name,this,n),r&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}},K=class{constructor(e,s,n){this.element=e,this.type=6,this._$AN=void 0,this._$AM=s,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(e){T(this,e)}},ke={M:oe,P:w,A:ae,C:1,L:Ne,R:Q,D:Me,V:T,I:R,H:C,N:W,U:F,B:G,F:K},mt=re.litHtmlPolyfillSupport;mt?.(U,R),(re.litHtmlVersions??=[]).push("3.3.3");var Le=(t,e,s)=>{let n=s?.renderBefore??e,i=n._$litPart$;if(i===void 0){let r=s?.renderBefore??null;n._$litPart$=i=new R(e.insertBefore(k(),r),r,void 0,s??{})}return i._$AI(t),i};/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var ce=globalThis,S=class extends b{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let e=super.createRenderRoot();return this.renderOptions.renderBefore??=e.firstChild,e}update(e){let s=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(e),this._$Do=Le(s,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return y}};S._$litElement$=!0,S.finalized=!0,ce.litElementHydrateSupport?.({LitElement:S});var ft=ce.litElementPolyfillSupport;ft?.({LitElement:S});(ce.litElementVersions??=[]).push("4.2.2");/**
 * @license
 * Copyright 2022 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 *//**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var Ue={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},He=t=>(...e)=>({_$litDirective$:t,values:e}),J=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,s,n){this._$Ct=e,this._$AM=s,this._$Ci=n}_$AS(e,s){return this.update(e,s)}update(e,s){return this.render(...s)}};/**
 * @license
 * Copyright 2020 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var{I:$t}=ke,Ie=t=>t;var De=()=>document.createComment(""),P=(t,e,s)=>{let n=t._$AA.parentNode,i=e===void 0?t._$AB:e._$AA;if(s===void 0){let r=n.insertBefore(De(),i),o=n.insertBefore(De(),i);s=new $t(r,o,t,t.options)}else{let r=s._$AB.nextSibling,o=s._$AM,d=o!==t;if(d){let l;s._$AQ?.(t),s._$AM=t,s._$AP!==void 0&&(l=t._$AU)!==o._$AU&&s._$AP(l)}if(r!==i||d){let l=s._$AA;for(;l!==r;){let u=Ie(l).nextSibling;Ie(n).insertBefore(l,i),l=u}}}return s},A=(t,e,s=t)=>(t._$AI(e,s),t),gt={},je=(t,e=gt)=>t._$AH=e,qe=t=>t._$AH,Y=t=>{t._$AR(),t._$AA.remove()};/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var Be=(t,e,s)=>{let n=new Map;for(let i=e;i<=s;i++)n.set(t[i],i);return n},g=He(class extends J{constructor(t){if(super(t),t.type!==Ue.CHILD)throw Error("repeat() can only be used in text expressions")}dt(t,e,s){let n;s===void 0?s=e:e!==void 0&&(n=e);let i=[],r=[],o=0;for(let d of t)i[o]=n?n(d,o):o,r[o]=s(d,o),o++;return{values:r,keys:i}}render(t,e,s){return this.dt(t,e,s).values}update(t,[e,s,n]){let i=qe(t),{values:r,keys:o}=this.dt(e,s,n);if(!Array.isArray(i))return this.ut=o,r;let d=this.ut??=[],l=[],u,p,c=0,f=i.length-1,m=0,$=r.length-1;for(;c<=f&&m<=$;)if(i[c]===null)c++;else if(i[f]===null)f--;else if(d[c]===o[m])l[m]=A(i[c],r[m]),c++,m++;else if(d[f]===o[$])l[$]=A(i[f],r[$]),f--,$--;else if(d[c]===o[$])l[$]=A(i[c],r[$]),P(t,l[$+1],i[c]),c++,$--;else if(d[f]===o[m])l[m]=A(i[f],r[m]),P(t,i[c],i[f]),f--,m++;else if(u===void 0&&(u=Be(o,m,$),p=Be(d,c,f)),u.has(d[c]))if(u.has(d[f])){let v=p.get(o[m]),te=v!==void 0?i[v]:null;if(te===null){let fe=P(t,i[c]);A(fe,r[m]),l[m]=fe}else l[m]=A(te,r[m]),P(t,i[c],te),i[v]=null;m++}else Y(i[f]),f--;else Y(i[c]),c++;for(;m<=$;){let v=P(t,l[$+1]);A(v,r[m]),l[m++]=v}for(;c<=f;){let v=i[c++];v!==null&&Y(v)}return this.ut=o,je(t,l),y}});function M(t){return`0x${t.toString(16).padStart(2,"0")}`}function _(t){if(!t)return"";let e=/^(?:\\.|[^,\\])*/.exec(t)?.[0]??t;return e.slice(e.indexOf("=")+1)}function ze(t){return t.startsWith("{")?t.replace(/^\{[^}]*\}(?=\{)/,""):_(t)||t}function Qe(t){let e=new Date(t/1e3),s=i=>String(i).padStart(2,"0"),n=String(e.getMilliseconds()).padStart(3,"0");return`${s(e.getHours())}:${s(e.getMinutes())}:${s(e.getSeconds())}.${n}`}function Ge(t){let e=Math.floor(t/1e3);return e<60?`${e} s`:e<3600?`${Math.floor(e/60)} min ${e%60} s`:e<86400?`${Math.floor(e/3600)} h ${Math.floor(e/60)%60} min`:`${Math.floor(e/86400)} d ${Math.floor(e/3600)%24} h`}var _t={M0:"not installed",M1:"inactive",M2:"activation request",M3:"activation in progress",M4:"active",M5:"deactivation request",M6:"deactivation in progress",M7:"communication lost"};function he(t){return _t[t]??t}function Fe(t,e){return a`
    <section class="panel amf" aria-labelledby="amf-title">
      <h2 id="amf-title">Applications</h2>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="amf-title">
        ${t.applications.map(s=>vt(s,e))}
        ${t.applications.length===0?a`<p class="none">No application is configured.</p>`:h}
      </div>
    </section>
  `}function vt(t,e){return a`${g(t.service_groups,s=>s.dn,s=>bt(t,s,e))}`}function bt(t,e,s){let n=e.service_instances;return a`
    <table class="matrix" data-sg=${e.dn}>
      <caption>
        <b>${t.name}</b> › ${e.name}
        <span class="model">${e.redundancy_model}</span>
        ${H(e.admin_state)}
      </caption>
      <thead>
        <tr>
          <th>Service unit</th>
          ${n.map(wt)}
          <th>State</th>
          <th>Components</th>
        </tr>
      </thead>
      <tbody>
        ${g(e.service_units,i=>i.dn,i=>yt(e,i,s))}
      </tbody>
    </table>
  `}function wt(t){return a`
    <th class="si" data-si=${t.dn} data-assignment=${t.assignment_state} title=${t.dn}>
      ${t.name}<small>${t.assignment_state.toLowerCase()}</small>
    </th>
  `}function yt(t,e,s){return a`
    <tr data-su=${e.dn} data-readiness=${e.readiness_state}>
      <th scope="row" title=${e.dn}>${e.name}<small>${_(e.node)||"no node"}</small></th>
      ${t.service_instances.map(n=>St(t,e,n))}
      <td class="states">
        ${H(e.readiness_state)} ${H(e.presence_state)}
        <br />
        ${H(e.admin_state)} ${H(e.operational_state)}
      </td>
      <td class="components">
        ${g(e.components,n=>n.dn,n=>At(n,s))}
      </td>
    </tr>
  `}function St(t,e,s){let n=t.assignments.find(r=>r.su===e.dn&&r.si===s.dn),i=n?.ha_state??"";return a`
    <td class="cell" data-su=${e.dn} data-si=${s.dn} data-ha=${i||"NONE"} data-pending=${n?.pending??!1}>
      ${i?a`<span class="ha">${i}${n?.pending?a`<i title="under way">…</i>`:h}</span>`:a`<span class="no-ha"><span class="hidden">not assigned</span>·</span>`}
    </td>
  `}function At(t,e){let s=t.presence_state==="INSTANTIATED";return a`
    <div class="component" data-component=${t.dn} title=${t.dn}>
      <span class="component-name">
        ${t.name}
        <small>
          ${t.presence_state.toLowerCase()}${t.restart_count>0?`, restarted ${t.restart_count}×`:""}
        </small>
      </span>
      <button
        type="button"
        class="danger"
        data-order="kill-component"
        data-component=${t.dn}
        aria-label="Kill ${t.name} of ${_(t.dn.slice(t.dn.indexOf(",")+1))}"
        ?disabled=${!s}
        @click=${()=>e({"kill-component":{component:t.dn}})}
      >
        Kill
      </button>
    </div>
  `}function H(t){return a`<span class="word" data-word=${t}>${t}</span>`}function Ke(t){let e=new Map;for(let s of t?.applications??[])for(let n of s.service_groups)for(let i of n.assignments)i.ha_state==="ACTIVE"&&e.set(i.si,i.su);return e}function Je(t,e,s){for(let[n,i]of s){let r=e.get(n);if(r===i)continue;let o=We(t,i,n)?.querySelector(".ha");if(!o)continue;let d=r===void 0?void 0:We(t,r,n);Et(o,d)}}function We(t,e,s){return t.querySelector(`td.cell[data-su="${CSS.escape(e)}"][data-si="${CSS.escape(s)}"]`)}function Et(t,e){let s=matchMedia("(prefers-reduced-motion: reduce)").matches;if(e&&!s){let n=e.getBoundingClientRect().top-t.getBoundingClientRect().top;t.animate([{transform:`translateY(${n}px)`,zIndex:1},{transform:"none",zIndex:1}],{duration:500,easing:"cubic-bezier(.3, 1.3, .6, 1)"})}t.classList.remove("arrived"),t.offsetWidth,t.classList.add("arrived")}function Ye(t){let e=t.nodes.filter(s=>s.member).length;return a`
    <section class="panel clm" aria-labelledby="clm-title">
      <h2 id="clm-title">Cluster <small>${e} of ${t.nodes.length} are members, view ${t.view}</small></h2>
      <ul class="members">
        ${g(t.nodes,s=>s.dn,s=>a`
            <li data-node=${s.dn} data-member=${s.member} title=${s.dn}>
              <i aria-hidden="true"></i>
              <b>${s.name}</b>
              <small>${s.member?`member, id ${s.node_id}`:"not a member"}</small>
              <small class="admin">${s.admin_state.toLowerCase()}</small>
            </li>
          `)}
      </ul>
      ${t.nodes.length===0?a`<p class="none">No node is configured.</p>`:h}
    </section>
  `}function Xe(t){let e=new Map(t.elements.map(s=>[s.dn,s.parent]));return a`
    <section class="panel plm" aria-labelledby="plm-title">
      <h2 id="plm-title">Platform <small>hardware and execution environments</small></h2>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="plm-title">
        <table>
          <thead>
            <tr><th>Element</th><th>Presence</th><th>Readiness</th><th>State</th></tr>
          </thead>
          <tbody>
            ${g(t.elements,s=>s.dn,s=>xt(s,Vt(s,e)))}
          </tbody>
        </table>
        ${t.elements.length===0?a`<p class="none">No element is configured.</p>`:h}
      </div>
    </section>
  `}function Vt(t,e){let s=0,n=t.parent;for(;n&&s<e.size;)s+=1,n=e.get(n)??null;return s}function xt(t,e){return a`
    <tr data-element=${t.dn} data-kind=${t.kind} title=${t.entity_path??t.dn}>
      <th scope="row" data-level=${Math.min(e,6)}>
        <span class="kind">${t.kind}</span> ${t.name||_(t.dn)}
      </th>
      <td><span class="word" data-word=${t.presence_state}>${t.presence_state}</span></td>
      <td>
        <span class="word" data-word=${t.readiness_state}>${t.readiness_state}</span>
        ${t.readiness_flags.map(s=>a`<small class="flag">${s.toLowerCase()}</small>`)}
      </td>
      <td><small>${t.admin_state.toLowerCase()}, ${t.operational_state.toLowerCase()}</small></td>
    </tr>
  `}var Tt=100,Ct={informational:"info"};function Ze(t){let e=t.slice(-Tt).reverse();return a`
    <section class="panel events" aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      <div class="scroll" tabindex="0" role="log" aria-live="polite" aria-labelledby="events-title">
        <ol>${g(e,s=>s.sequence,Mt)}</ol>
        ${e.length===0?a`<p class="none">Nothing has happened yet.</p>`:""}
      </div>
    </section>
  `}function Mt(t){return a`
    <li data-event=${t.sequence} data-severity=${t.severity}>
      <time datetime=${new Date(t.time_us/1e3).toISOString()}>${Qe(t.time_us)}</time>
      <span class="source">${t.source}</span>
      <span class="severity">${Ct[t.severity]??t.severity}</span>
      <span class="text"><b title=${t.object}>${ze(t.object)}</b> ${t.text}</span>
    </li>
  `}var Rt=0;function et(t){let e=t.members.filter(s=>s.state!=="away").length;return a`
    <section class="panel log-members" aria-labelledby="members-title">
      <h2 id="members-title">Members <small>${e} of ${t.members.length} in view, log by ${t.engine}</small></h2>
      <dl class="facts" data-standing=${t.standing}>
        <div><dt>Quorum</dt><dd class="quorum">${Pt(t)}</dd></div>
        <div><dt>Epoch</dt><dd>${t.epoch}</dd></div>
        <div><dt>Hardware</dt><dd>${t.active===null?"nobody's yet":`node ${t.active}`}</dd></div>
        <div><dt>Arbitration line</dt><dd>${t.line===null?"not held":`node ${t.line}`}</dd></div>
        <div><dt>Rules</dt><dd>${t.machines===0?"none yet":`version ${t.machines}`}</dd></div>
      </dl>
      ${t.stuck===null?h:a`<p class="flag stuck">Entry ${t.stuck} crashed this member: it waits until the entry is quarantined.</p>`}
      <div class="scroll" tabindex="0" role="region" aria-labelledby="members-title">
        <table>
          <thead>
            <tr><th>Node</th><th>Role</th><th>View</th><th>Log</th><th>Health</th><th>AMF nodes</th><th>Version</th></tr>
          </thead>
          <tbody>${g(t.members,s=>s.node,s=>Nt(s,t))}</tbody>
        </table>
        ${t.members.length===0?a`<p class="none">No view has begun yet.</p>`:h}
      </div>
    </section>
  `}function Pt(t){switch(t.standing){case"primary":return"yes";case"catching-up":return"yes, this member catches up";case"awaits":return`yes, but awaits ${t.awaits.map(Ot).join(", ")}`;case"not-quorate":return"no";case"superseded":return"no, another process of this node takes part";case"forming":return"being found out"}}function Ot(t){return t===Rt?"an operator, as a journal was lost":`node ${t}`}function Nt(t,e){let s=t.state!=="away",n=t.state==="active"||t.state==="standby";return a`
    <tr data-member-node=${t.node} data-member-state=${t.state} data-in-step=${n}>
      <th scope="row">
        <span class="kind" data-kind=${t.cmm?"CMM":"blade"}>${t.cmm?"CMM":"blade"}</span>
        ${t.node} ${t.node===e.node?a`<small>this one</small>`:h}
      </th>
      <td><span class="role" data-role=${s?t.state.toUpperCase():"NONE"}>${s?t.state:"–"}</span></td>
      <td>${s?"in view":a`<span class="flag">away</span>`}</td>
      <td>${Lt(t,n)}</td>
      <td>${Ut(t)}</td>
      <td class="hosts">${t.hosts.map(i=>a`<span title=${i}>${_(i)}</span> `)}</td>
      <td>${kt(t)}</td>
    </tr>
  `}function kt({software:t,machines_oldest:e,machines_newest:s}){if(e===null||s===null)return t||a`<small>not told yet</small>`;let n=e===s?`${s}`:`${e} to ${s}`;return a`${t} <small>rules ${n}</small>`}function Lt(t,e){return e?"in step":t.state==="away"?"–":t.cmm?a`<span class="flag">catching up</span>`:"follows"}function Ut(t){return t.health===null?t.cmm&&t.state!=="away"?"not told yet":"–":t.health.length===0?a`<span class="word" data-word="OK">ok</span>`:a`${t.health.map(e=>a`<span class="flag">${e}</span>`)}`}var Ht={off:"off",on:"on","short-blink":"short","long-blink":"long"};function st(t,e,s){let n=It(e),i=t.slots.filter(d=>d.site==="board"&&d.fru===0),r=t.slots.filter(d=>d.site!=="board"||d.fru!==0),o=d=>`${d.site}/${d.slot}/${d.fru}`;return a`
    <section class="panel shelf" aria-labelledby="shelf-title">
      <h2 id="shelf-title">Shelf <small>${t.name}</small></h2>
      <ol class="boards">
        ${g(i,o,d=>Dt(d,n.get(d.node??""),s))}
      </ol>
      <ul class="modules">
        ${g(r,o,qt)}
      </ul>
    </section>
  `}function It(t){let e=["ACTIVE","QUIESCING","QUIESCED","STANDBY"],s=new Map;for(let n of t.applications.flatMap(i=>i.service_groups)){let i=new Map(n.service_units.map(r=>[r.dn,r.node??""]));for(let r of n.assignments){let o=i.get(r.su)??"",d=l=>l?e.indexOf(l):e.length;d(r.ha_state)<d(s.get(o))&&s.set(o,r.ha_state)}}return s}function Dt(t,e,{demo:s,send:n}){let i=t.present,r=i?`${t.name} at ${M(t.address)}`:"empty";return a`
    <li
      class="board"
      data-slot=${t.slot}
      data-state=${i?t.state:"M0"}
      data-led=${t.blue_led}
      data-handle=${t.handle}
      data-present=${i}
      title=${r}
    >
      <div class="slot-number"><span class="hidden">Slot </span>${t.slot}</div>
      <div class="plate">
        <span class="handle" aria-hidden="true"></span>
        <span class="board-name">
          ${i?a`<b>${_(t.node)||t.name||M(t.address)}</b>`:"empty"}
          ${i&&t.node?a`<small>${t.name}</small>`:h}
        </span>
        <span class="role" data-role=${e??"NONE"}>${e?.toLowerCase()??" "}</span>
        ${nt(t)}
      </div>
      <div class="state" title=${he(i?t.state:"M0")}>
        ${i?t.state||"–":"M0"}
      </div>
      <div class="position">
        ${i&&t.handle!=="unknown"?`handle ${t.handle}`:" "}
      </div>
      ${s?jt(t,n):h}
    </li>
  `}function jt(t,e){let s={slot:t.slot},n=t.handle==="open",i=n?{"close-handle":s}:{"open-handle":s},r=t.present?{"pull-blade":s}:{"insert-blade":s};return a`
    <div class="buttons">
      ${tt(i,n?"Close handle":"Open handle",t,e)}
      ${tt(r,t.present?"Pull":"Insert",t,e)}
    </div>
  `}function tt(t,e,s,n){let i=Object.keys(t)[0],r=i==="open-handle"||i==="close-handle";return a`
    <button
      type="button"
      data-order=${i}
      data-slot=${s.slot}
      aria-label="${e}, slot ${s.slot}"
      ?disabled=${r&&!s.present}
      @click=${()=>n(t)}
    >
      ${e}
    </button>
  `}function qt(t){let e=t.present?t.state:"M0";return a`
    <li class="module" data-state=${e} data-present=${t.present} title=${M(t.address)}>
      <span class="module-name">
        ${pe(t)}
        <small>${t.present?t.name:"empty"}</small>
      </span>
      ${nt(t)}
      <span class="state" title=${he(e)}>${e||"–"}</span>
    </li>
  `}function nt(t){return a`
    <span class="led" data-led=${t.blue_led} title="Blue LED: ${t.blue_led}">
      <i aria-hidden="true"></i>
      <span class="hidden">Blue LED </span>${Ht[t.blue_led]??t.blue_led}
    </span>
  `}var Bt={board:"Slot","power-entry":"Power entry","shelf-fru-information":"Shelf FRU","shelf-manager":"CMM","fan-tray":"Fan tray","filter-tray":"Filter","alarm-panel":"Alarm panel","advanced-mc":"AMC","rear-transition-module":"RTM","carrier-hub":"MCH","power-module":"Power"};function pe(t){return`${Bt[t.site]??t.site} ${t.slot}`}var X=160,Z=14;function it(t,e){let s=i=>`${i.address}/${i.lun}/${i.number}`,n=t.filter(i=>i.status!=="ok"&&i.status!=="unavailable").length;return a`
    <section class="panel sensors" aria-labelledby="sensors-title">
      <h2 id="sensors-title">
        Sensors <small>${t.length}, ${n===0?"all within limits":`${n} beyond limits`}</small>
      </h2>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="sensors-title">
        <table>
          <thead>
            <tr><th>Where</th><th>Sensor</th><th class="number">Reading</th><th>Limits</th><th>Status</th></tr>
          </thead>
          <tbody>${g(t,s,i=>zt(i,e))}</tbody>
        </table>
      </div>
    </section>
  `}function zt(t,e){let s=e.slots.find(i=>i.address===t.address&&i.fru===0),n=s?pe(s):"";return a`
    <tr data-sensor="${M(t.address)}/${t.lun}/${t.number}" data-status=${t.status}>
      <td><code>${M(t.address)}</code> <small>${n}</small></td>
      <th scope="row">${t.name}</th>
      <td class="number">${Qt(t)}</td>
      <td class="limits">${Gt(t)}</td>
      <td><span class="status">${t.status}</span></td>
    </tr>
  `}function Qt(t){return t.value?a`${ue(t.value)} <small>${t.unit}</small>`:t.states.join(", ")||"–"}function ue(t){return String(Math.round(t.micro/1e3)/1e3)}function Gt(t){let e=t.thresholds,s=p=>p?.micro,n=[e.lower_non_recoverable,e.lower_critical,e.lower_non_critical,e.upper_non_critical,e.upper_critical,e.upper_non_recoverable].map(s),i=n.filter(p=>p!==void 0);if(!t.value||i.length===0)return h;let r=t.value.micro,o=Math.min(...i,r),d=Math.max(...i,r);n.slice(0,3).every(p=>p===void 0)&&(o=Math.min(o,0));let l=(d-o||1)*.08;[o,d]=[o-l,d+l];let u=p=>(p-o)/(d-o)*X;return a`
    <svg class="bar" viewBox="0 0 ${X} ${Z}" width=${X} height=${Z} role="img"
      aria-label=${Ft(t)}>
      ${Wt(n.map(p=>p===void 0?void 0:u(p)))}
      <rect class="needle" x=${u(r)-1.5} y="0" width="3" height=${Z} rx="1.5"></rect>
    </svg>
  `}function Wt(t){let e=["critical","major","minor","ok","minor","major","critical"],s=[],n=0;return e.forEach((i,r)=>{let o=r<3;if(o&&t[r]===void 0||r>3&&t[r-1]===void 0)return;let d=o?t[r]:t.slice(r).find(l=>l!==void 0)??X;s.push(Pe`<rect class="zone ${i}" x=${n} y="4" width=${Math.max(0,d-n)} height=${Z-8} />`),n=d}),s}function Ft(t){let e=Object.entries(t.thresholds).filter(s=>s[1]!==null).map(([s,n])=>`${s.replaceAll("_"," ")} ${ue(n)}`);return`${t.value?ue(t.value):""} ${t.unit}; ${e.join(", ")}`}async function I(t,e,s){let n={method:t,credentials:"same-origin"};s!==void 0&&(n.body=JSON.stringify(s),n.headers={"Content-Type":"application/json"});let i;try{i=await fetch(`/api/v1/${e}`,n)}catch{throw{code:"unreachable",text:"the shelf manager does not answer"}}if(i.status===204)return;let r=await i.json();if(!i.ok)throw r.refused;return r}var Kt=500,Jt=2e3,Yt=6e3,ee=class{constructor(e){this.changed=e;this.connection="connecting";this.session={user:null,hint:null,login_to_read:!1};this.loginOpen=!1;this.loginError="";this.statusAt=0;this.messageTimer=0}async start(){try{this.session=await I("GET","session")}catch{}this.session.login_to_read&&!this.session.user&&(this.loginOpen=!0),this.changed(),this.listen()}listen(){let e=new EventSource("/api/v1/stream");e.addEventListener("snapshot",s=>{this.snapshot=JSON.parse(s.data),this.statusAt=performance.now(),this.connection="live",this.changed()}),e.addEventListener("notice",s=>{this.apply(JSON.parse(s.data)),this.changed()}),e.addEventListener("error",()=>{this.connection==="live"&&(this.connection="lost"),this.changed(),e.readyState===EventSource.CLOSED&&setTimeout(()=>this.listen(),Jt)})}apply(e){let s=this.snapshot;if(!s)return;let{change:n}=e;n.slot&&Xt(s.shelf.slots,n.slot),n.sensor&&Zt(s.sensors,n.sensor);let i=n["sensors-gone"];i&&(s.sensors=s.sensors.filter(r=>r.address!==i.address)),n.event&&!s.events.some(r=>r.sequence===n.event?.sequence)&&(s.events.push(n.event),s.events.splice(0,s.events.length-Kt)),n.amf&&(s.amf=n.amf),n.clm&&(s.clm=n.clm),n.plm&&(s.plm=n.plm),n.members&&(s.members=n.members),n.status&&(s.status=n.status,this.statusAt=performance.now())}async order(e){try{let s=await I("POST","orders",e);this.say(s.done.text,!1)}catch(s){let n=s;if(n.code==="not-logged-in"){this.waiting=e,this.session.user=null,this.openLogin();return}this.say(n.text,!0)}}openLogin(){this.loginOpen=!0,this.loginError="",this.changed()}closeLogin(){this.loginOpen=!1,this.waiting=void 0,this.changed()}async logIn(e,s){try{let{hint:n}=this.session;this.session={...await I("POST","session",{name:e,password:s}),hint:n};let i=this.waiting;this.closeLogin(),i&&await this.order(i)}catch(n){this.loginError=n.text,this.changed()}}async logOut(){try{await I("DELETE","session"),this.session.user=null,this.changed()}catch(e){this.say(e.text,!0)}}say(e,s){this.message={text:e,failed:s},clearTimeout(this.messageTimer),this.messageTimer=window.setTimeout(()=>{this.message=void 0,this.changed()},Yt),this.changed()}};function Xt(t,e){let s=t.findIndex(n=>n.site===e.site&&n.slot===e.slot&&n.fru===e.fru);s>=0?t[s]=e:t.push(e)}function Zt(t,e){let s=i=>(i.address*4+i.lun)*256+i.number,n=t.findIndex(i=>s(i)>=s(e));n<0?t.push(e):t.splice(n,s(t[n])===s(e)?1:0,e)}var es={connecting:"connecting…",live:"live",lost:"connection lost, retrying…"},me=class extends S{constructor(){super(...arguments);this.store=new ee(()=>this.requestUpdate());this.active=new Map}createRenderRoot(){return this.replaceChildren(),this}connectedCallback(){super.connectedCallback(),this.store.start(),setInterval(()=>this.requestUpdate(),1e3)}async scheduleUpdate(){await new Promise(s=>{requestAnimationFrame(()=>s()),setTimeout(s,100)}),super.scheduleUpdate()}render(){let{snapshot:s}=this.store;return a`
      ${this.header()}
      <main data-connection=${this.store.connection}>
        ${s?this.panels(s):a`<p class="none waiting">Waiting for the shelf manager…</p>`}
      </main>
      ${this.message()} ${this.login()}
    `}panels(s){let n=i=>void this.store.order(i);return a`
      ${st(s.shelf,s.amf,{demo:s.status.demo,send:n})}
      ${Fe(s.amf,n)}
      ${Ze(s.events)}
      ${it(s.sensors,s.shelf)}
      <div class="stack">${Ye(s.clm)} ${Xe(s.plm)}</div>
      ${et(s.members)}
    `}header(){let{connection:s,session:n,snapshot:i}=this.store;return a`
      <header>
        <h1><img src="favicon.svg" alt="" width="24" height="24" /> OpenShelf</h1>
        <span class="connection" data-connection=${s} role="status">
          <i aria-hidden="true"></i>${es[s]}
        </span>
        ${i?this.facts(i):h}
        <span class="user">
          ${n.user?a`${n.user}
                <button type="button" @click=${()=>void this.store.logOut()}>Log out</button>`:a`<button type="button" @click=${()=>this.store.openLogin()}>Log in</button>`}
        </span>
      </header>
    `}facts({status:s}){let i=this.store.connection==="live"?performance.now()-this.store.statusAt:0,r=`${s.log_index}`;return a`
      <dl>
        <div><dt>Role</dt><dd>${s.role}${s.demo?" (demo)":""}</dd></div>
        <div title=${s.port_text}>
          <dt>Chassis</dt>
          <dd>${s.port_kind}, <span data-port=${s.port_state}>${s.port_state}</span></dd>
        </div>
        <div title="On disk up to entry ${s.log_durable}">
          <dt>Log</dt><dd class="log-index">${r}</dd>
        </div>
        <div><dt>Up</dt><dd class="up">${Ge(s.uptime_ms+i)}</dd></div>
        <div><dt>Version</dt><dd>${s.version}</dd></div>
      </dl>
    `}message(){let{message:s}=this.store;return a`
      <div class="message" role="status" data-shown=${s!==void 0} data-failed=${s?.failed??!1}>
        ${s?.text??""}
      </div>
    `}login(){let{loginError:s,session:n,waiting:i}=this.store;return a`
      <dialog aria-labelledby="login-title" @close=${()=>this.store.loginOpen&&this.store.closeLogin()}>
        <form method="dialog" @submit=${this.submit}>
          <h2 id="login-title">Log in</h2>
          <p>${i?"Changing the shelf needs a login.":"To change things on this shelf."}</p>
          <label>Name <input name="name" autocomplete="username" required /></label>
          <label>Password <input name="password" type="password" autocomplete="current-password" required /></label>
          ${n.hint?a`<p class="hint">Demo: <code>${n.hint}</code></p>`:h}
          <p class="error" role="alert">${s}</p>
          <div class="buttons">
            <button type="button" @click=${()=>this.store.closeLogin()}>Cancel</button>
            <button type="submit" class="main">Log in</button>
          </div>
        </form>
      </dialog>
    `}submit(s){s.preventDefault();let n=new FormData(s.target);this.store.logIn(String(n.get("name")),String(n.get("password")))}updated(){let s=this.querySelector("dialog");s&&this.store.loginOpen&&!s.open?(s.querySelector("form")?.reset(),s.showModal()):s?.open&&!this.store.loginOpen&&s.close();let n=Ke(this.store.snapshot?.amf);this.active.size>0&&Je(this,this.active,n);for(let[i,r]of n)this.active.set(i,r)}};customElements.define("openshelf-console",me);
