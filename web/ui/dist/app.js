/**
 * @license
 * Copyright 2019 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var D=globalThis,B=D.ShadowRoot&&(D.ShadyCSS===void 0||D.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,ge=Symbol(),$e=new WeakMap,j=class{constructor(e,t,n){if(this._$cssResult$=!0,n!==ge)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=e,this.t=t}get styleSheet(){let e=this.o,t=this.t;if(B&&e===void 0){let n=t!==void 0&&t.length===1;n&&(e=$e.get(t)),e===void 0&&((this.o=e=new CSSStyleSheet).replaceSync(this.cssText),n&&$e.set(t,e))}return e}toString(){return this.cssText}},_e=s=>new j(typeof s=="string"?s:s+"",void 0,ge);var ve=(s,e)=>{if(B)s.adoptedStyleSheets=e.map(t=>t instanceof CSSStyleSheet?t:t.styleSheet);else for(let t of e){let n=document.createElement("style"),i=D.litNonce;i!==void 0&&n.setAttribute("nonce",i),n.textContent=t.cssText,s.appendChild(n)}},se=B?s=>s:s=>s instanceof CSSStyleSheet?(e=>{let t="";for(let n of e.cssRules)t+=n.cssText;return _e(t)})(s):s;/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var{is:nt,defineProperty:it,getOwnPropertyDescriptor:rt,getOwnPropertyNames:ot,getOwnPropertySymbols:at,getPrototypeOf:lt}=Object,q=globalThis,be=q.trustedTypes,dt=be?be.emptyScript:"",ct=q.reactiveElementPolyfillSupport,O=(s,e)=>s,ne={toAttribute(s,e){switch(e){case Boolean:s=s?dt:null;break;case Object:case Array:s=s==null?s:JSON.stringify(s)}return s},fromAttribute(s,e){let t=s;switch(e){case Boolean:t=s!==null;break;case Number:t=s===null?null:Number(s);break;case Object:case Array:try{t=JSON.parse(s)}catch{t=null}}return t}},ye=(s,e)=>!nt(s,e),we={attribute:!0,type:String,converter:ne,reflect:!1,useDefault:!1,hasChanged:ye};Symbol.metadata??=Symbol("metadata"),q.litPropertyMetadata??=new WeakMap;var v=class extends HTMLElement{static addInitializer(e){this._$Ei(),(this.l??=[]).push(e)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(e,t=we){if(t.state&&(t.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(e)&&((t=Object.create(t)).wrapped=!0),this.elementProperties.set(e,t),!t.noAccessor){let n=Symbol(),i=this.getPropertyDescriptor(e,n,t);i!==void 0&&it(this.prototype,e,i)}}static getPropertyDescriptor(e,t,n){let{get:i,set:r}=rt(this.prototype,e)??{get(){return this[t]},set(o){this[t]=o}};return{get:i,set(o){let l=i?.call(this);r?.call(this,o),this.requestUpdate(e,l,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(e){return this.elementProperties.get(e)??we}static _$Ei(){if(this.hasOwnProperty(O("elementProperties")))return;let e=lt(this);e.finalize(),e.l!==void 0&&(this.l=[...e.l]),this.elementProperties=new Map(e.elementProperties)}static finalize(){if(this.hasOwnProperty(O("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(O("properties"))){let t=this.properties,n=[...ot(t),...at(t)];for(let i of n)this.createProperty(i,t[i])}let e=this[Symbol.metadata];if(e!==null){let t=litPropertyMetadata.get(e);if(t!==void 0)for(let[n,i]of t)this.elementProperties.set(n,i)}this._$Eh=new Map;for(let[t,n]of this.elementProperties){let i=this._$Eu(t,n);i!==void 0&&this._$Eh.set(i,t)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(e){let t=[];if(Array.isArray(e)){let n=new Set(e.flat(1/0).reverse());for(let i of n)t.unshift(se(i))}else e!==void 0&&t.push(se(e));return t}static _$Eu(e,t){let n=t.attribute;return n===!1?void 0:typeof n=="string"?n:typeof e=="string"?e.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(e=>this.enableUpdating=e),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(e=>e(this))}addController(e){(this._$EO??=new Set).add(e),this.renderRoot!==void 0&&this.isConnected&&e.hostConnected?.()}removeController(e){this._$EO?.delete(e)}_$E_(){let e=new Map,t=this.constructor.elementProperties;for(let n of t.keys())this.hasOwnProperty(n)&&(e.set(n,this[n]),delete this[n]);e.size>0&&(this._$Ep=e)}createRenderRoot(){let e=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return ve(e,this.constructor.elementStyles),e}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(e=>e.hostConnected?.())}enableUpdating(e){}disconnectedCallback(){this._$EO?.forEach(e=>e.hostDisconnected?.())}attributeChangedCallback(e,t,n){this._$AK(e,n)}_$ET(e,t){let n=this.constructor.elementProperties.get(e),i=this.constructor._$Eu(e,n);if(i!==void 0&&n.reflect===!0){let r=(n.converter?.toAttribute!==void 0?n.converter:ne).toAttribute(t,n.type);this._$Em=e,r==null?this.removeAttribute(i):this.setAttribute(i,r),this._$Em=null}}_$AK(e,t){let n=this.constructor,i=n._$Eh.get(e);if(i!==void 0&&this._$Em!==i){let r=n.getPropertyOptions(i),o=typeof r.converter=="function"?{fromAttribute:r.converter}:r.converter?.fromAttribute!==void 0?r.converter:ne;this._$Em=i;let l=o.fromAttribute(t,r.type);this[i]=l??this._$Ej?.get(i)??l,this._$Em=null}}requestUpdate(e,t,n,i=!1,r){if(e!==void 0){let o=this.constructor;if(i===!1&&(r=this[e]),n??=o.getPropertyOptions(e),!((n.hasChanged??ye)(r,t)||n.useDefault&&n.reflect&&r===this._$Ej?.get(e)&&!this.hasAttribute(o._$Eu(e,n))))return;this.C(e,t,n)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(e,t,{useDefault:n,reflect:i,wrapped:r},o){n&&!(this._$Ej??=new Map).has(e)&&(this._$Ej.set(e,o??t??this[e]),r!==!0||o!==void 0)||(this._$AL.has(e)||(this.hasUpdated||n||(t=void 0),this._$AL.set(e,t)),i===!0&&this._$Em!==e&&(this._$Eq??=new Set).add(e))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(t){Promise.reject(t)}let e=this.scheduleUpdate();return e!=null&&await e,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[i,r]of this._$Ep)this[i]=r;this._$Ep=void 0}let n=this.constructor.elementProperties;if(n.size>0)for(let[i,r]of n){let{wrapped:o}=r,l=this[i];o!==!0||this._$AL.has(i)||l===void 0||this.C(i,void 0,r,l)}}let e=!1,t=this._$AL;try{e=this.shouldUpdate(t),e?(this.willUpdate(t),this._$EO?.forEach(n=>n.hostUpdate?.()),this.update(t)):this._$EM()}catch(n){throw e=!1,this._$EM(),n}e&&this._$AE(t)}willUpdate(e){}_$AE(e){this._$EO?.forEach(t=>t.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(e)),this.updated(e)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(e){return!0}update(e){this._$Eq&&=this._$Eq.forEach(t=>this._$ET(t,this[t])),this._$EM()}updated(e){}firstUpdated(e){}};v.elementStyles=[],v.shadowRootOptions={mode:"open"},v[O("elementProperties")]=new Map,v[O("finalized")]=new Map,ct?.({ReactiveElement:v}),(q.reactiveElementVersions??=[]).push("2.1.2");/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var re=globalThis,Se=s=>s,z=re.trustedTypes,Ae=z?z.createPolicy("lit-html",{createHTML:s=>s}):void 0,oe="$lit$",b=`lit$${Math.random().toFixed(9).slice(2)}$`,ae="?"+b,ht=`<${ae}>`,T=document,L=()=>T.createComment(""),U=s=>s===null||typeof s!="object"&&typeof s!="function",le=Array.isArray,Re=s=>le(s)||typeof s?.[Symbol.iterator]=="function",ie=`[ 	
\f\r]`,N=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Ee=/-->/g,xe=/>/g,E=RegExp(`>|${ie}(?:([^\\s"'>=/]+)(${ie}*=${ie}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),Te=/'/g,Ve=/"/g,Me=/^(?:script|style|textarea|title)$/i,de=s=>(e,...t)=>({_$litType$:s,strings:e,values:t}),d=de(1),Pe=de(2),Yt=de(3),w=Symbol.for("lit-noChange"),h=Symbol.for("lit-nothing"),Ce=new WeakMap,x=T.createTreeWalker(T,129);function Oe(s,e){if(!le(s)||!s.hasOwnProperty("raw"))throw Error("invalid template strings array");return Ae!==void 0?Ae.createHTML(e):e}var Ne=(s,e)=>{let t=s.length-1,n=[],i,r=e===2?"<svg>":e===3?"<math>":"",o=N;for(let l=0;l<t;l++){let a=s[l],u,p,c=-1,f=0;for(;f<a.length&&(o.lastIndex=f,p=o.exec(a),p!==null);)f=o.lastIndex,o===N?p[1]==="!--"?o=Ee:p[1]!==void 0?o=xe:p[2]!==void 0?(Me.test(p[2])&&(i=RegExp("</"+p[2],"g")),o=E):p[3]!==void 0&&(o=E):o===E?p[0]===">"?(o=i??N,c=-1):p[1]===void 0?c=-2:(c=o.lastIndex-p[2].length,u=p[1],o=p[3]===void 0?E:p[3]==='"'?Ve:Te):o===Ve||o===Te?o=E:o===Ee||o===xe?o=N:(o=E,i=void 0);let m=o===E&&s[l+1].startsWith("/>")?" ":"";r+=o===N?a+ht:c>=0?(n.push(u),a.slice(0,c)+oe+a.slice(c)+b+m):a+b+(c===-2?l:m)}return[Oe(s,r+(s[t]||"<?>")+(e===2?"</svg>":e===3?"</math>":"")),n]},k=class s{constructor({strings:e,_$litType$:t},n){let i;this.parts=[];let r=0,o=0,l=e.length-1,a=this.parts,[u,p]=Ne(e,t);if(this.el=s.createElement(u,n),x.currentNode=this.el.content,t===2||t===3){let c=this.el.content.firstChild;c.replaceWith(...c.childNodes)}for(;(i=x.nextNode())!==null&&a.length<l;){if(i.nodeType===1){if(i.hasAttributes())for(let c of i.getAttributeNames())if(c.endsWith(oe)){let f=p[o++],m=i.getAttribute(c).split(b),$=/([.?@])?(.*)/.exec(f);a.push({type:1,index:r,name:$[2],strings:m,ctor:$[1]==="."?G:$[1]==="?"?W:$[1]==="@"?F:C}),i.removeAttribute(c)}else c.startsWith(b)&&(a.push({type:6,index:r}),i.removeAttribute(c));if(Me.test(i.tagName)){let c=i.textContent.split(b),f=c.length-1;if(f>0){i.textContent=z?z.emptyScript:"";for(let m=0;m<f;m++)i.append(c[m],L()),x.nextNode(),a.push({type:2,index:++r});i.append(c[f],L())}}}else if(i.nodeType===8)if(i.data===ae)a.push({type:2,index:r});else{let c=-1;for(;(c=i.data.indexOf(b,c+1))!==-1;)a.push({type:7,index:r}),c+=b.length-1}r++}}static createElement(e,t){let n=T.createElement("template");return n.innerHTML=e,n}};function V(s,e,t=s,n){if(e===w)return e;let i=n!==void 0?t._$Co?.[n]:t._$Cl,r=U(e)?void 0:e._$litDirective$;return i?.constructor!==r&&(i?._$AO?.(!1),r===void 0?i=void 0:(i=new r(s),i._$AT(s,t,n)),n!==void 0?(t._$Co??=[])[n]=i:t._$Cl=i),i!==void 0&&(e=V(s,i._$AS(s,e.values),i,n)),e}var Q=class{constructor(e,t){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=t}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){let{el:{content:t},parts:n}=this._$AD,i=(e?.creationScope??T).importNode(t,!0);x.currentNode=i;let r=x.nextNode(),o=0,l=0,a=n[0];for(;a!==void 0;){if(o===a.index){let u;a.type===2?u=new M(r,r.nextSibling,this,e):a.type===1?u=new a.ctor(r,a.name,a.strings,this,e):a.type===6&&(u=new K(r,this,e)),this._$AV.push(u),a=n[++l]}o!==a?.index&&(r=x.nextNode(),o++)}return x.currentNode=T,i}p(e){let t=0;for(let n of this._$AV)n!==void 0&&(n.strings!==void 0?(n._$AI(e,n,t),t+=n.strings.length-2):n._$AI(e[t])),t++}},M=class s{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,t,n,i){this.type=2,this._$AH=h,this._$AN=void 0,this._$AA=e,this._$AB=t,this._$AM=n,this.options=i,this._$Cv=i?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode,t=this._$AM;return t!==void 0&&e?.nodeType===11&&(e=t.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,t=this){e=V(this,e,t),U(e)?e===h||e==null||e===""?(this._$AH!==h&&this._$AR(),this._$AH=h):e!==this._$AH&&e!==w&&this._(e):e._$litType$!==void 0?this.$(e):e.nodeType!==void 0?this.T(e):Re(e)?this.k(e):this._(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==h&&U(this._$AH)?this._$AA.nextSibling.data=e:this.T(T.createTextNode(e)),this._$AH=e}$(e){let{values:t,_$litType$:n}=e,i=typeof n=="number"?this._$AC(e):(n.el===void 0&&(n.el=k.createElement(Oe(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===i)this._$AH.p(t);else{let r=new Q(i,this),o=r.u(this.options);r.p(t),this.T(o),this._$AH=r}}_$AC(e){let t=Ce.get(e.strings);return t===void 0&&Ce.set(e.strings,t=new k(e)),t}k(e){le(this._$AH)||(this._$AH=[],this._$AR());let t=this._$AH,n,i=0;for(let r of e)i===t.length?t.push(n=new s(this.O(L()),this.O(L()),this,this.options)):n=t[i],n._$AI(r),i++;i<t.length&&(this._$AR(n&&n._$AB.nextSibling,i),t.length=i)}_$AR(e=this._$AA.nextSibling,t){for(this._$AP?.(!1,!0,t);e!==this._$AB;){let n=Se(e).nextSibling;Se(e).remove(),e=n}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}},C=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,t,n,i,r){this.type=1,this._$AH=h,this._$AN=void 0,this.element=e,this.name=t,this._$AM=i,this.options=r,n.length>2||n[0]!==""||n[1]!==""?(this._$AH=Array(n.length-1).fill(new String),this.strings=n):this._$AH=h}_$AI(e,t=this,n,i){let r=this.strings,o=!1;if(r===void 0)e=V(this,e,t,0),o=!U(e)||e!==this._$AH&&e!==w,o&&(this._$AH=e);else{let l=e,a,u;for(e=r[0],a=0;a<r.length-1;a++)u=V(this,l[n+a],t,a),u===w&&(u=this._$AH[a]),o||=!U(u)||u!==this._$AH[a],u===h?e=h:e!==h&&(e+=(u??"")+r[a+1]),this._$AH[a]=u}o&&!i&&this.j(e)}j(e){e===h?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??"")}},G=class extends C{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===h?void 0:e}},W=class extends C{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==h)}},F=class extends C{constructor(e,t,n,i,r){super(e,t,n,i,r),this.type=5}_$AI(e,t=this){if((e=V(this,e,t,0)??h)===w)return;let n=this._$AH,i=e===h&&n!==h||e.capture!==n.capture||e.once!==n.once||e.passive!==n.passive,r=e!==h&&(n===h||i);i&&this.element.removeEventListener(this.name,this,n),r&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}},K=class{constructor(e,t,n){this.element=e,this.type=6,this._$AN=void 0,this._$AM=t,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(e){V(this,e)}},Le={M:oe,P:b,A:ae,C:1,L:Ne,R:Q,D:Re,V,I:M,H:C,N:W,U:F,B:G,F:K},pt=re.litHtmlPolyfillSupport;pt?.(k,M),(re.litHtmlVersions??=[]).push("3.3.3");var Ue=(s,e,t)=>{let n=t?.renderBefore??e,i=n._$litPart$;if(i===void 0){let r=t?.renderBefore??null;n._$litPart$=i=new M(e.insertBefore(L(),r),r,void 0,t??{})}return i._$AI(s),i};/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var ce=globalThis,S=class extends v{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let e=super.createRenderRoot();return this.renderOptions.renderBefore??=e.firstChild,e}update(e){let t=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(e),this._$Do=Ue(t,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return w}};S._$litElement$=!0,S.finalized=!0,ce.litElementHydrateSupport?.({LitElement:S});var ut=ce.litElementPolyfillSupport;ut?.({LitElement:S});(ce.litElementVersions??=[]).push("4.2.2");/**
 * @license
 * Copyright 2022 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 *//**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var ke={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},He=s=>(...e)=>({_$litDirective$:s,values:e}),J=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,t,n){this._$Ct=e,this._$AM=t,this._$Ci=n}_$AS(e,t){return this.update(e,t)}update(e,t){return this.render(...t)}};/**
 * @license
 * Copyright 2020 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var{I:mt}=Le,Ie=s=>s;var De=()=>document.createComment(""),P=(s,e,t)=>{let n=s._$AA.parentNode,i=e===void 0?s._$AB:e._$AA;if(t===void 0){let r=n.insertBefore(De(),i),o=n.insertBefore(De(),i);t=new mt(r,o,s,s.options)}else{let r=t._$AB.nextSibling,o=t._$AM,l=o!==s;if(l){let a;t._$AQ?.(s),t._$AM=s,t._$AP!==void 0&&(a=s._$AU)!==o._$AU&&t._$AP(a)}if(r!==i||l){let a=t._$AA;for(;a!==r;){let u=Ie(a).nextSibling;Ie(n).insertBefore(a,i),a=u}}}return t},A=(s,e,t=s)=>(s._$AI(e,t),s),ft={},je=(s,e=ft)=>s._$AH=e,Be=s=>s._$AH,Y=s=>{s._$AR(),s._$AA.remove()};/**
 * @license
 * Copyright 2017 Google LLC
 * SPDX-License-Identifier: BSD-3-Clause
 */var qe=(s,e,t)=>{let n=new Map;for(let i=e;i<=t;i++)n.set(s[i],i);return n},g=He(class extends J{constructor(s){if(super(s),s.type!==ke.CHILD)throw Error("repeat() can only be used in text expressions")}dt(s,e,t){let n;t===void 0?t=e:e!==void 0&&(n=e);let i=[],r=[],o=0;for(let l of s)i[o]=n?n(l,o):o,r[o]=t(l,o),o++;return{values:r,keys:i}}render(s,e,t){return this.dt(s,e,t).values}update(s,[e,t,n]){let i=Be(s),{values:r,keys:o}=this.dt(e,t,n);if(!Array.isArray(i))return this.ut=o,r;let l=this.ut??=[],a=[],u,p,c=0,f=i.length-1,m=0,$=r.length-1;for(;c<=f&&m<=$;)if(i[c]===null)c++;else if(i[f]===null)f--;else if(l[c]===o[m])a[m]=A(i[c],r[m]),c++,m++;else if(l[f]===o[$])a[$]=A(i[f],r[$]),f--,$--;else if(l[c]===o[$])a[$]=A(i[c],r[$]),P(s,a[$+1],i[c]),c++,$--;else if(l[f]===o[m])a[m]=A(i[f],r[m]),P(s,i[c],i[f]),f--,m++;else if(u===void 0&&(u=qe(o,m,$),p=qe(l,c,f)),u.has(l[c]))if(u.has(l[f])){let _=p.get(o[m]),te=_!==void 0?i[_]:null;if(te===null){let fe=P(s,i[c]);A(fe,r[m]),a[m]=fe}else a[m]=A(te,r[m]),P(s,i[c],te),i[_]=null;m++}else Y(i[f]),f--;else Y(i[c]),c++;for(;m<=$;){let _=P(s,a[$+1]);A(_,r[m]),a[m++]=_}for(;c<=f;){let _=i[c++];_!==null&&Y(_)}return this.ut=o,je(s,a),w}});function R(s){return`0x${s.toString(16).padStart(2,"0")}`}function y(s){if(!s)return"";let e=/^(?:\\.|[^,\\])*/.exec(s)?.[0]??s;return e.slice(e.indexOf("=")+1)}function ze(s){let e=new Date(s/1e3),t=i=>String(i).padStart(2,"0"),n=String(e.getMilliseconds()).padStart(3,"0");return`${t(e.getHours())}:${t(e.getMinutes())}:${t(e.getSeconds())}.${n}`}function Qe(s){let e=Math.floor(s/1e3);return e<60?`${e} s`:e<3600?`${Math.floor(e/60)} min ${e%60} s`:e<86400?`${Math.floor(e/3600)} h ${Math.floor(e/60)%60} min`:`${Math.floor(e/86400)} d ${Math.floor(e/3600)%24} h`}var $t={M0:"not installed",M1:"inactive",M2:"activation request",M3:"activation in progress",M4:"active",M5:"deactivation request",M6:"deactivation in progress",M7:"communication lost"};function he(s){return $t[s]??s}function We(s,e){return d`
    <section class="panel amf" aria-labelledby="amf-title">
      <h2 id="amf-title">Applications</h2>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="amf-title">
        ${s.applications.map(t=>gt(t,e))}
        ${s.applications.length===0?d`<p class="none">No application is configured.</p>`:h}
      </div>
    </section>
  `}function gt(s,e){return d`${g(s.service_groups,t=>t.dn,t=>_t(s,t,e))}`}function _t(s,e,t){let n=e.service_instances;return d`
    <table class="matrix" data-sg=${e.dn}>
      <caption>
        <b>${s.name}</b> › ${e.name}
        <span class="model">${e.redundancy_model}</span>
        ${H(e.admin_state)}
      </caption>
      <thead>
        <tr>
          <th>Service unit</th>
          ${n.map(vt)}
          <th>State</th>
          <th>Components</th>
        </tr>
      </thead>
      <tbody>
        ${g(e.service_units,i=>i.dn,i=>bt(e,i,t))}
      </tbody>
    </table>
  `}function vt(s){return d`
    <th class="si" data-si=${s.dn} data-assignment=${s.assignment_state} title=${s.dn}>
      ${s.name}<small>${s.assignment_state.toLowerCase()}</small>
    </th>
  `}function bt(s,e,t){return d`
    <tr data-su=${e.dn} data-readiness=${e.readiness_state}>
      <th scope="row" title=${e.dn}>${e.name}<small>${y(e.node)||"no node"}</small></th>
      ${s.service_instances.map(n=>wt(s,e,n))}
      <td class="states">
        ${H(e.readiness_state)} ${H(e.presence_state)}
        <br />
        ${H(e.admin_state)} ${H(e.operational_state)}
      </td>
      <td class="components">
        ${g(e.components,n=>n.dn,n=>yt(n,t))}
      </td>
    </tr>
  `}function wt(s,e,t){let n=s.assignments.find(r=>r.su===e.dn&&r.si===t.dn),i=n?.ha_state??"";return d`
    <td class="cell" data-su=${e.dn} data-si=${t.dn} data-ha=${i||"NONE"} data-pending=${n?.pending??!1}>
      ${i?d`<span class="ha">${i}${n?.pending?d`<i title="under way">…</i>`:h}</span>`:d`<span class="no-ha"><span class="hidden">not assigned</span>·</span>`}
    </td>
  `}function yt(s,e){let t=s.presence_state==="INSTANTIATED";return d`
    <div class="component" data-component=${s.dn} title=${s.dn}>
      <span class="component-name">
        ${s.name}
        <small>
          ${s.presence_state.toLowerCase()}${s.restart_count>0?`, restarted ${s.restart_count}×`:""}
        </small>
      </span>
      <button
        type="button"
        class="danger"
        data-order="kill-component"
        data-component=${s.dn}
        aria-label="Kill ${s.name} of ${y(s.dn.slice(s.dn.indexOf(",")+1))}"
        ?disabled=${!t}
        @click=${()=>e({"kill-component":{component:s.dn}})}
      >
        Kill
      </button>
    </div>
  `}function H(s){return d`<span class="word" data-word=${s}>${s}</span>`}function Fe(s){let e=new Map;for(let t of s?.applications??[])for(let n of t.service_groups)for(let i of n.assignments)i.ha_state==="ACTIVE"&&e.set(i.si,i.su);return e}function Ke(s,e,t){for(let[n,i]of t){let r=e.get(n);if(r===i)continue;let o=Ge(s,i,n)?.querySelector(".ha");if(!o)continue;let l=r===void 0?void 0:Ge(s,r,n);St(o,l)}}function Ge(s,e,t){return s.querySelector(`td.cell[data-su="${CSS.escape(e)}"][data-si="${CSS.escape(t)}"]`)}function St(s,e){let t=matchMedia("(prefers-reduced-motion: reduce)").matches;if(e&&!t){let n=e.getBoundingClientRect().top-s.getBoundingClientRect().top;s.animate([{transform:`translateY(${n}px)`,zIndex:1},{transform:"none",zIndex:1}],{duration:500,easing:"cubic-bezier(.3, 1.3, .6, 1)"})}s.classList.remove("arrived"),s.offsetWidth,s.classList.add("arrived")}function Je(s){let e=s.nodes.filter(t=>t.member).length;return d`
    <section class="panel clm" aria-labelledby="clm-title">
      <h2 id="clm-title">Cluster <small>${e} of ${s.nodes.length} are members, view ${s.view}</small></h2>
      <ul class="members">
        ${g(s.nodes,t=>t.dn,t=>d`
            <li data-node=${t.dn} data-member=${t.member} title=${t.dn}>
              <i aria-hidden="true"></i>
              <b>${t.name}</b>
              <small>${t.member?`member, id ${t.node_id}`:"not a member"}</small>
              <small class="admin">${t.admin_state.toLowerCase()}</small>
            </li>
          `)}
      </ul>
      ${s.nodes.length===0?d`<p class="none">No node is configured.</p>`:h}
    </section>
  `}function Ye(s){let e=new Map(s.elements.map(t=>[t.dn,t.parent]));return d`
    <section class="panel plm" aria-labelledby="plm-title">
      <h2 id="plm-title">Platform <small>hardware and execution environments</small></h2>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="plm-title">
        <table>
          <thead>
            <tr><th>Element</th><th>Presence</th><th>Readiness</th><th>State</th></tr>
          </thead>
          <tbody>
            ${g(s.elements,t=>t.dn,t=>Et(t,At(t,e)))}
          </tbody>
        </table>
        ${s.elements.length===0?d`<p class="none">No element is configured.</p>`:h}
      </div>
    </section>
  `}function At(s,e){let t=0,n=s.parent;for(;n&&t<e.size;)t+=1,n=e.get(n)??null;return t}function Et(s,e){return d`
    <tr data-element=${s.dn} data-kind=${s.kind} title=${s.entity_path??s.dn}>
      <th scope="row" data-level=${Math.min(e,6)}>
        <span class="kind">${s.kind}</span> ${s.name||y(s.dn)}
      </th>
      <td><span class="word" data-word=${s.presence_state}>${s.presence_state}</span></td>
      <td>
        <span class="word" data-word=${s.readiness_state}>${s.readiness_state}</span>
        ${s.readiness_flags.map(t=>d`<small class="flag">${t.toLowerCase()}</small>`)}
      </td>
      <td><small>${s.admin_state.toLowerCase()}, ${s.operational_state.toLowerCase()}</small></td>
    </tr>
  `}var xt=100,Tt={informational:"info"};function Xe(s){let e=s.slice(-xt).reverse();return d`
    <section class="panel events" aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      <div class="scroll" tabindex="0" role="log" aria-live="polite" aria-labelledby="events-title">
        <ol>${g(e,t=>t.sequence,Vt)}</ol>
        ${e.length===0?d`<p class="none">Nothing has happened yet.</p>`:""}
      </div>
    </section>
  `}function Vt(s){return d`
    <li data-event=${s.sequence} data-severity=${s.severity}>
      <time datetime=${new Date(s.time_us/1e3).toISOString()}>${ze(s.time_us)}</time>
      <span class="source">${s.source}</span>
      <span class="severity">${Tt[s.severity]??s.severity}</span>
      <span class="text"><b title=${s.object}>${y(s.object)||s.object}</b> ${s.text}</span>
    </li>
  `}var Ct={off:"off",on:"on","short-blink":"short","long-blink":"long"};function et(s,e,t){let n=Rt(e),i=s.slots.filter(l=>l.site==="board"&&l.fru===0),r=s.slots.filter(l=>l.site!=="board"||l.fru!==0),o=l=>`${l.site}/${l.slot}/${l.fru}`;return d`
    <section class="panel shelf" aria-labelledby="shelf-title">
      <h2 id="shelf-title">Shelf <small>${s.name}</small></h2>
      <ol class="boards">
        ${g(i,o,l=>Mt(l,n.get(l.node??""),t))}
      </ol>
      <ul class="modules">
        ${g(r,o,Ot)}
      </ul>
    </section>
  `}function Rt(s){let e=["ACTIVE","QUIESCING","QUIESCED","STANDBY"],t=new Map;for(let n of s.applications.flatMap(i=>i.service_groups)){let i=new Map(n.service_units.map(r=>[r.dn,r.node??""]));for(let r of n.assignments){let o=i.get(r.su)??"",l=a=>a?e.indexOf(a):e.length;l(r.ha_state)<l(t.get(o))&&t.set(o,r.ha_state)}}return t}function Mt(s,e,{demo:t,send:n}){let i=s.present,r=i?`${s.name} at ${R(s.address)}`:"empty";return d`
    <li
      class="board"
      data-slot=${s.slot}
      data-state=${i?s.state:"M0"}
      data-led=${s.blue_led}
      data-handle=${s.handle}
      data-present=${i}
      title=${r}
    >
      <div class="slot-number"><span class="hidden">Slot </span>${s.slot}</div>
      <div class="plate">
        <span class="handle" aria-hidden="true"></span>
        <span class="board-name">
          ${i?d`<b>${y(s.node)||s.name||R(s.address)}</b>`:"empty"}
          ${i&&s.node?d`<small>${s.name}</small>`:h}
        </span>
        <span class="role" data-role=${e??"NONE"}>${e?.toLowerCase()??" "}</span>
        ${tt(s)}
      </div>
      <div class="state" title=${he(i?s.state:"M0")}>
        ${i?s.state||"–":"M0"}
      </div>
      <div class="position">
        ${i&&s.handle!=="unknown"?`handle ${s.handle}`:" "}
      </div>
      ${t?Pt(s,n):h}
    </li>
  `}function Pt(s,e){let t={slot:s.slot},n=s.handle==="open",i=n?{"close-handle":t}:{"open-handle":t},r=s.present?{"pull-blade":t}:{"insert-blade":t};return d`
    <div class="buttons">
      ${Ze(i,n?"Close handle":"Open handle",s,e)}
      ${Ze(r,s.present?"Pull":"Insert",s,e)}
    </div>
  `}function Ze(s,e,t,n){let i=Object.keys(s)[0],r=i==="open-handle"||i==="close-handle";return d`
    <button
      type="button"
      data-order=${i}
      data-slot=${t.slot}
      aria-label="${e}, slot ${t.slot}"
      ?disabled=${r&&!t.present}
      @click=${()=>n(s)}
    >
      ${e}
    </button>
  `}function Ot(s){let e=s.present?s.state:"M0";return d`
    <li class="module" data-state=${e} data-present=${s.present} title=${R(s.address)}>
      <span class="module-name">
        ${pe(s)}
        <small>${s.present?s.name:"empty"}</small>
      </span>
      ${tt(s)}
      <span class="state" title=${he(e)}>${e||"–"}</span>
    </li>
  `}function tt(s){return d`
    <span class="led" data-led=${s.blue_led} title="Blue LED: ${s.blue_led}">
      <i aria-hidden="true"></i>
      <span class="hidden">Blue LED </span>${Ct[s.blue_led]??s.blue_led}
    </span>
  `}var Nt={board:"Slot","power-entry":"Power entry","shelf-fru-information":"Shelf FRU","shelf-manager":"CMM","fan-tray":"Fan tray","filter-tray":"Filter","alarm-panel":"Alarm panel","advanced-mc":"AMC","rear-transition-module":"RTM","carrier-hub":"MCH","power-module":"Power"};function pe(s){return`${Nt[s.site]??s.site} ${s.slot}`}var X=160,Z=14;function st(s,e){let t=i=>`${i.address}/${i.lun}/${i.number}`,n=s.filter(i=>i.status!=="ok"&&i.status!=="unavailable").length;return d`
    <section class="panel sensors" aria-labelledby="sensors-title">
      <h2 id="sensors-title">
        Sensors <small>${s.length}, ${n===0?"all within limits":`${n} beyond limits`}</small>
      </h2>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="sensors-title">
        <table>
          <thead>
            <tr><th>Where</th><th>Sensor</th><th class="number">Reading</th><th>Limits</th><th>Status</th></tr>
          </thead>
          <tbody>${g(s,t,i=>Lt(i,e))}</tbody>
        </table>
      </div>
    </section>
  `}function Lt(s,e){let t=e.slots.find(i=>i.address===s.address&&i.fru===0),n=t?pe(t):"";return d`
    <tr data-sensor="${R(s.address)}/${s.lun}/${s.number}" data-status=${s.status}>
      <td><code>${R(s.address)}</code> <small>${n}</small></td>
      <th scope="row">${s.name}</th>
      <td class="number">${Ut(s)}</td>
      <td class="limits">${kt(s)}</td>
      <td><span class="status">${s.status}</span></td>
    </tr>
  `}function Ut(s){return s.value?d`${ue(s.value)} <small>${s.unit}</small>`:s.states.join(", ")||"–"}function ue(s){return String(Math.round(s.micro/1e3)/1e3)}function kt(s){let e=s.thresholds,t=p=>p?.micro,n=[e.lower_non_recoverable,e.lower_critical,e.lower_non_critical,e.upper_non_critical,e.upper_critical,e.upper_non_recoverable].map(t),i=n.filter(p=>p!==void 0);if(!s.value||i.length===0)return h;let r=s.value.micro,o=Math.min(...i,r),l=Math.max(...i,r);n.slice(0,3).every(p=>p===void 0)&&(o=Math.min(o,0));let a=(l-o||1)*.08;[o,l]=[o-a,l+a];let u=p=>(p-o)/(l-o)*X;return d`
    <svg class="bar" viewBox="0 0 ${X} ${Z}" width=${X} height=${Z} role="img"
      aria-label=${It(s)}>
      ${Ht(n.map(p=>p===void 0?void 0:u(p)))}
      <rect class="needle" x=${u(r)-1.5} y="0" width="3" height=${Z} rx="1.5"></rect>
    </svg>
  `}function Ht(s){let e=["critical","major","minor","ok","minor","major","critical"],t=[],n=0;return e.forEach((i,r)=>{let o=r<3;if(o&&s[r]===void 0||r>3&&s[r-1]===void 0)return;let l=o?s[r]:s.slice(r).find(a=>a!==void 0)??X;t.push(Pe`<rect class="zone ${i}" x=${n} y="4" width=${Math.max(0,l-n)} height=${Z-8} />`),n=l}),t}function It(s){let e=Object.entries(s.thresholds).filter(t=>t[1]!==null).map(([t,n])=>`${t.replaceAll("_"," ")} ${ue(n)}`);return`${s.value?ue(s.value):""} ${s.unit}; ${e.join(", ")}`}async function I(s,e,t){let n={method:s,credentials:"same-origin"};t!==void 0&&(n.body=JSON.stringify(t),n.headers={"Content-Type":"application/json"});let i;try{i=await fetch(`/api/v1/${e}`,n)}catch{throw{code:"unreachable",text:"the shelf manager does not answer"}}if(i.status===204)return;let r=await i.json();if(!i.ok)throw r.refused;return r}var Dt=500,jt=2e3,Bt=6e3,ee=class{constructor(e){this.changed=e;this.connection="connecting";this.session={user:null,hint:null,login_to_read:!1};this.loginOpen=!1;this.loginError="";this.statusAt=0;this.messageTimer=0}async start(){try{this.session=await I("GET","session")}catch{}this.session.login_to_read&&!this.session.user&&(this.loginOpen=!0),this.changed(),this.listen()}listen(){let e=new EventSource("/api/v1/stream");e.addEventListener("snapshot",t=>{this.snapshot=JSON.parse(t.data),this.statusAt=performance.now(),this.connection="live",this.changed()}),e.addEventListener("notice",t=>{this.apply(JSON.parse(t.data)),this.changed()}),e.addEventListener("error",()=>{this.connection==="live"&&(this.connection="lost"),this.changed(),e.readyState===EventSource.CLOSED&&setTimeout(()=>this.listen(),jt)})}apply(e){let t=this.snapshot;if(!t)return;let{change:n}=e;n.slot&&qt(t.shelf.slots,n.slot),n.sensor&&zt(t.sensors,n.sensor);let i=n["sensors-gone"];i&&(t.sensors=t.sensors.filter(r=>r.address!==i.address)),n.event&&!t.events.some(r=>r.sequence===n.event?.sequence)&&(t.events.push(n.event),t.events.splice(0,t.events.length-Dt)),n.amf&&(t.amf=n.amf),n.clm&&(t.clm=n.clm),n.plm&&(t.plm=n.plm),n.status&&(t.status=n.status,this.statusAt=performance.now())}async order(e){try{let t=await I("POST","orders",e);this.say(t.done.text,!1)}catch(t){let n=t;if(n.code==="not-logged-in"){this.waiting=e,this.session.user=null,this.openLogin();return}this.say(n.text,!0)}}openLogin(){this.loginOpen=!0,this.loginError="",this.changed()}closeLogin(){this.loginOpen=!1,this.waiting=void 0,this.changed()}async logIn(e,t){try{let{hint:n}=this.session;this.session={...await I("POST","session",{name:e,password:t}),hint:n};let i=this.waiting;this.closeLogin(),i&&await this.order(i)}catch(n){this.loginError=n.text,this.changed()}}async logOut(){try{await I("DELETE","session"),this.session.user=null,this.changed()}catch(e){this.say(e.text,!0)}}say(e,t){this.message={text:e,failed:t},clearTimeout(this.messageTimer),this.messageTimer=window.setTimeout(()=>{this.message=void 0,this.changed()},Bt),this.changed()}};function qt(s,e){let t=s.findIndex(n=>n.site===e.site&&n.slot===e.slot&&n.fru===e.fru);t>=0?s[t]=e:s.push(e)}function zt(s,e){let t=i=>(i.address*4+i.lun)*256+i.number,n=s.findIndex(i=>t(i)>=t(e));n<0?s.push(e):s.splice(n,t(s[n])===t(e)?1:0,e)}var Qt={connecting:"connecting…",live:"live",lost:"connection lost, retrying…"},me=class extends S{constructor(){super(...arguments);this.store=new ee(()=>this.requestUpdate());this.active=new Map}createRenderRoot(){return this.replaceChildren(),this}connectedCallback(){super.connectedCallback(),this.store.start(),setInterval(()=>this.requestUpdate(),1e3)}async scheduleUpdate(){await new Promise(t=>{requestAnimationFrame(()=>t()),setTimeout(t,100)}),super.scheduleUpdate()}render(){let{snapshot:t}=this.store;return d`
      ${this.header()}
      <main data-connection=${this.store.connection}>
        ${t?this.panels(t):d`<p class="none waiting">Waiting for the shelf manager…</p>`}
      </main>
      ${this.message()} ${this.login()}
    `}panels(t){let n=i=>void this.store.order(i);return d`
      ${et(t.shelf,t.amf,{demo:t.status.demo,send:n})}
      ${We(t.amf,n)}
      ${Xe(t.events)}
      ${st(t.sensors,t.shelf)}
      <div class="stack">${Je(t.clm)} ${Ye(t.plm)}</div>
    `}header(){let{connection:t,session:n,snapshot:i}=this.store;return d`
      <header>
        <h1><img src="favicon.svg" alt="" width="24" height="24" /> OpenShelf</h1>
        <span class="connection" data-connection=${t} role="status">
          <i aria-hidden="true"></i>${Qt[t]}
        </span>
        ${i?this.facts(i):h}
        <span class="user">
          ${n.user?d`${n.user}
                <button type="button" @click=${()=>void this.store.logOut()}>Log out</button>`:d`<button type="button" @click=${()=>this.store.openLogin()}>Log in</button>`}
        </span>
      </header>
    `}facts({status:t}){let i=this.store.connection==="live"?performance.now()-this.store.statusAt:0,r=`${t.log_index}`;return d`
      <dl>
        <div><dt>Role</dt><dd>${t.role}${t.demo?" (demo)":""}</dd></div>
        <div title=${t.port_text}>
          <dt>Chassis</dt>
          <dd>${t.port_kind}, <span data-port=${t.port_state}>${t.port_state}</span></dd>
        </div>
        <div title="On disk up to entry ${t.log_durable}">
          <dt>Log</dt><dd class="log-index">${r}</dd>
        </div>
        <div><dt>Up</dt><dd class="up">${Qe(t.uptime_ms+i)}</dd></div>
        <div><dt>Version</dt><dd>${t.version}</dd></div>
      </dl>
    `}message(){let{message:t}=this.store;return d`
      <div class="message" role="status" data-shown=${t!==void 0} data-failed=${t?.failed??!1}>
        ${t?.text??""}
      </div>
    `}login(){let{loginError:t,session:n,waiting:i}=this.store;return d`
      <dialog aria-labelledby="login-title" @close=${()=>this.store.loginOpen&&this.store.closeLogin()}>
        <form method="dialog" @submit=${this.submit}>
          <h2 id="login-title">Log in</h2>
          <p>${i?"Changing the shelf needs a login.":"To change things on this shelf."}</p>
          <label>Name <input name="name" autocomplete="username" required /></label>
          <label>Password <input name="password" type="password" autocomplete="current-password" required /></label>
          ${n.hint?d`<p class="hint">Demo: <code>${n.hint}</code></p>`:h}
          <p class="error" role="alert">${t}</p>
          <div class="buttons">
            <button type="button" @click=${()=>this.store.closeLogin()}>Cancel</button>
            <button type="submit" class="main">Log in</button>
          </div>
        </form>
      </dialog>
    `}submit(t){t.preventDefault();let n=new FormData(t.target);this.store.logIn(String(n.get("name")),String(n.get("password")))}updated(){let t=this.querySelector("dialog");t&&this.store.loginOpen&&!t.open?(t.querySelector("form")?.reset(),t.showModal()):t?.open&&!this.store.loginOpen&&t.close();let n=Fe(this.store.snapshot?.amf);this.active.size>0&&Ke(this,this.active,n);for(let[i,r]of n)this.active.set(i,r)}};customElements.define("openshelf-console",me);
