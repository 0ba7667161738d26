// Written by `make console`; never changed by hand. Its source: functions/console/source. The licences of others: licences.txt.
var w,ar,ir,le,Qt,pt,lr,ut,cr,pn,Xt,ds,Ke=Symbol.for("pv"),ft={},mt=[],ps=/^m(i|n|o|s|text|space)$/,fn=Array.isArray,mn=mt.
slice,ge=Object.assign;function $e(e){e&&e.parentNode&&e.remove()}function ur(e,t,n){var r,s,o,a={},i=arguments.length;for(o in t)
o=="key"?r=t[o]:o=="ref"&&typeof e!="function"?s=t[o]:a[o]=t[o];return i>2&&(a.children=i>3?mn.call(arguments,2):n),ze(e,
a,r,s,null)}function ze(e,t,n,r,s){var o={type:e,props:t,key:n,ref:r,__k:null,__:null,__b:0,__e:null,__c:null,constructor:Ke,
__v:s||++ar,__i:-1,__u:0};return!s&&w.vnode&&w.vnode(o),o}function Re(e){return e.children}function Je(e,t){this.props=e,
this.context=t,this.__g=0}function ce(e,t){if(t==null)return e.__&&ce(e.__,e.__i+1);for(var n;t<e.__k.length;t++)if((n=e.
__k[t])&&n.__e)return n.__e;return typeof e.type!="function"||e.props.__P?null:ce(e)}function fs(e){var t,n=e.__v,r=n.__e,
s=[],o=[],a=e.__P;a&&((t=ge({constructor:Ke},n)).__v=n.__v+1,w.vnode&&w.vnode(t),hn(a,t,n,e.__n,a.namespaceURI,32&n.__u?
[r]:null,s,r||ce(n),32&n.__u,o),t.__v=n.__v,t.__.__k[t.__i]=t,_r(s,t,o),n.__=n.__e=null,t.__e!=r&&dr(t))}function dr(e){
if((e=e.__)&&e.__c&&!e.props.__P)return e.__e=null,e.__k.some(function(t){return t&&(e.__e=t.__e)}),dr(e)}function Vn(e){
(8&e.__g||(e.__g|=8,le.push(e),pt++))&&Qt==w.debounceRendering||((Qt=w.debounceRendering)||queueMicrotask)(pr)}function pr(){
try{for(var e,t=1;le.length;)le.length>t&&le.sort(lr),e=le.shift(),t=le.length,8&e.__g&&fs(e)}finally{(pt=le.length)&&(Qt||
queueMicrotask)(pr)}}function fr(e,t,n,r,s,o,a,i,d,p,u){var m,h,f,_,k,y,$=r.__k||mt,g=t.length;for(d=ms(n,t,$,d,g),m=0;m<
g;m++)(f=n.__k[m])!=null&&(h=~f.__i&&$[f.__i]||ft,f.__i=m,y=hn(e,f,h,s,o,a,i,d,p,u),_=f.__e,(h.ref!=f.ref||8&h.__u)&&(h.
ref&&_n(h.ref,null,f,h),f.ref&&u.push(f.ref,f.__c||_,f)),k=k||_,4&f.__u?(d=mr(f,d,e,!h.__v),h.__e&&(h.__e=null)):typeof f.
type=="function"&&y!==void 0?d=y:_&&(d=_.nextSibling),f.__u&=-21);return n.__e=k,d}function ms(e,t,n,r,s){var o,a,i,d,p,
u,m,h,f,_=n.length,k=_,y=0,$=0,g=e.__k=Array(s);for(o=0;o<s;o++)(a=t[o])!=null&&typeof a!="boolean"&&typeof a!="function"?
(typeof a!="object"||a.constructor===String?a=g[o]=ze(null,a):fn(a)?a=g[o]=ze(Re,{children:a}):a.constructor===Ke&&a.__b?
a=g[o]=ze(a.type,a.props,a.key,a.ref,a.__v):g[o]=a,d=o+y,a.__=e,a.__b=e.__b+1,i=null,~(p=a.__i=hs(a,n,d,k))&&(k--,(i=n[p])&&
(i.__u|=2)),i&&i.__v?(a.__u|=16,p==d-1?y--:p==d+1?y++:p!=d&&(p>d?y--:y++,$=1)):(~p||(s>_?y--:s<_&&y++),typeof a.type!="f\
unction"&&(a.__u|=4))):g[o]=null;if($){for(u=[],m=[],o=0;o<s;o++)if((a=g[o])&&16&a.__u){for(y=0,h=u.length;y<h;)u[f=y+h>>
1]<a.__i?y=f+1:h=f;u[y]=a.__i,m[o]=y+1}for(y=u.length;o--;)m[o]&&(m[o]==y?y--:g[o].__u|=4)}if(k)for(o=0;o<_;o++)!(i=n[o])||
2&i.__u||(i.__e==r&&(r=ce(i)),vn(i,i));return r}function mr(e,t,n,r){var s,o,a,i;if(typeof e.type=="function"){if(e.props.
__P)return t;if(s=e.__k)for(o=0;o<s.length;o++)s[o]&&(s[o].__=e,t=mr(s[o],t,n,!1));return t}for(t&&!t.parentNode&&(t=ce(
e))&&!t.parentNode&&(t=null),a=e.__e,i=t;i&&i.nodeType==8;)i=i.nextSibling;for(a!=i&&(!r&&n.moveBefore&&a.parentNode?n.moveBefore(
a,t):n.insertBefore(a,t||null)),t=a;(t=t&&t.nextSibling)&&t.nodeType==8&&!t.data.startsWith("$s"););return t}function hs(e,t,n,r){
var s,o=e.key,a=e.type,i=t[n],d=i&&!(2&i.__u);if(i===null&&o==null||d&&o==i.key&&a==i.type)return n;if(r>(d?1:0)){for(s=
n-1;s>=0;s--)if((i=t[s])&&!(2&i.__u)&&o==i.key&&a==i.type)return s;for(s=n+1;s<t.length;s++)if((i=t[s])&&!(2&i.__u)&&o==
i.key&&a==i.type)return s}return-1}function Gn(e,t,n){n==null&&(n=""),t[0]=="-"?e.setProperty(t,n):e[t]=n}function lt(e,t,n,r,s){
var o,a;if(t=="style")if(typeof n=="string")e.style.cssText=n;else{if(typeof r=="string"&&(e.style.cssText=r=""),r)for(t in r)
n&&t in n||Gn(e.style,t);if(n)for(t in n)r&&n[t]==r[t]||Gn(e.style,t,n[t])}else if(t[0]=="o"&&t[1]=="n")typeof n!="funct\
ion"&&(n=null),typeof r!="function"&&(r=null),(e.__e||(e.__e={}))[t]=n,n&&r||(a=Xt[t]||(Xt[t]=_s(t)),(e.__a||(e.__a={}))[t]=
pn,o=t!=(t=t.replace(cr,"$1")),(t=t.slice(2))[0]<"a"&&(t=t.toLowerCase()),n?e.addEventListener(t,a,o):e.removeEventListener(
t,a,o));else{if(s=="http://www.w3.org/2000/svg")t=t.replace(/xlink(H|:h)/,"h").replace(/sName$/,"s");else if(t!="width"&&
t!="height"&&t!="href"&&t!="list"&&t!="form"&&t!="tabIndex"&&t!="download"&&t!="rowSpan"&&t!="colSpan"&&t!="role"&&t!="p\
opover"&&t in e)try{return void(e[t]=n??"")}catch{}if(typeof n=="function")return;n==null||n===!1&&t[4]!="-"?e.removeAttribute(
t):e.setAttribute(t,t=="popover"&&n==1?"":n)}}function _s(e){return function(t){var n=this.__e;if(n){if(n=n[e],t[ut]==null)
t[ut]=pn++;else if(t[ut]<this.__a[e])return;return n(w.event?w.event(t):t)}}}function hn(e,t,n,r,s,o,a,i,d,p){var u,m,h,
f,_,k,y,$,g,P,E,Yt,Bn,it,_e,Fn,ie,ve,ee=t.type;if(t.constructor!==Ke)return null;128&n.__u&&(d=32&n.__u,u=n.__c.__z)&&(t.
__u|=d,m=o=[],u.nodeType==8?i=dt(u,o):o.push(u),i=o[0]||i),(u=w.__b)&&u(t);e:if(typeof ee=="function"){h=a.length;try{if($=
t.props,g=(u=ee.prototype)&&u.render,P=(u=ee.contextType)&&r[u.__c],E=u?P?P.props.value:u.__:r,(f=n.__c)?(t.__c=f,2&f.__g&&
(f.__g|=1)):(g?t.__c=f=new ee($,E):(t.__c=f=new Je($,E),f.constructor=ee,f.render=ys),P&&P.sub(f),f.state||(f.state={}),
f.__n=r,f.__g|=8,f.__h=[],f.__k=[]),g&&(f.__s||(f.__s=f.state),ee.getDerivedStateFromProps&&(f.__s==f.state&&(f.__s=ge({},
f.__s)),ge(f.__s,ee.getDerivedStateFromProps($,f.__s)))),_=f.props,k=f.state,f.__v=t,n.__c){if($!==_&&g&&!ee.getDerivedStateFromProps&&
f.componentWillReceiveProps&&f.componentWillReceiveProps($,E),t.__v==n.__v&&!(8&f.__g)||!(4&f.__g)&&f.shouldComponentUpdate&&
f.shouldComponentUpdate($,f.__s,E)===!1){t.__v!=n.__v&&(f.props=$,f.state=f.__s,f.__g&=-9),t.__e=n.__e,t.__k=n.__k,t.__k.
some(function(G){G&&(G.__=t)}),mt.push.apply(f.__h,f.__k),f.__k=[],f.__h.length&&a.push(f),i=ce(n);break e}f.componentWillUpdate&&
f.componentWillUpdate($,f.__s,E),g&&f.componentDidUpdate&&f.__h.push(function(){f.componentDidUpdate(_,k,y)})}else g&&!ee.
getDerivedStateFromProps&&f.componentWillMount&&f.componentWillMount(),g&&f.componentDidMount&&f.__h.push(f.componentDidMount);
f.context=E,f.props=$,f.__P=e,f.__g&=-5,Yt=w.__r,Bn=g?25:0;do f.__g&=-9,Yt&&Yt(t),u=f.render(f.props,f.state=f.__s,f.context);while(8&
f.__g&&++Bn<25);g&&(mt.push.apply(f.__h,f.__k),f.__k=[]),f.state=f.__s,f.getChildContext&&(r=ge({},r,f.getChildContext())),
g&&n.__c&&f.getSnapshotBeforeUpdate&&(y=f.getSnapshotBeforeUpdate(_,k)),it=u&&u.type===Re&&u.key==null?u.props.children:
u,$.__P&&(u=i,s=(e=$.__P).namespaceURI,d=o=null,n.props&&n.props.__P!=e&&(n.__k.some(function(G){G&&vn(G,G)}),n.__k=null),
i=n.__k?ce(n,0):null),i=fr(e,fn(it)?it:[it],t,n,r,s,o,a,i,d,p),$.__P&&(t.__e=null,i=u),t.__u&=-161,m&&m.some($e),f.__h.length&&
a.push(f),1&f.__g&&(f.__g&=-4)}catch(G){if(a.length=h,t.__v=null,d||o)if(G&&G.then){if(t.__u|=128|d,o){for(~(ie=o.indexOf(
i||void 0))||(ie=o.length);(ve=o[ie-1])&&ve.nodeType==8;)ie--;for(;ie<o.length;ie++)if(ve=o[ie])if(o[ie]=null,_e){if(ve==
Fn)break}else{if(ve.nodeType!=8)break;ve.data.startsWith("$s")&&(Fn=dt(_e=ve))}}if(!_e){for(;i&&i.nodeType==8&&i.nextSibling;)
i=i.nextSibling;_e=i}(u=dt(_e=t.__c.__z||(t.__c.__z=_e)))?(t.__e=_e,i=u):t.__e=i,i=i&&i.nextSibling}else o&&o.some($e);else
t.__e=n.__e;t.__k||(t.__k=n.__k||[]),G&&G.then||hr(t),w.__e(G,t,n)}}else i=t.__e=vs(n.__e,t,n,r,s,o,a,d,p,e);return(u=w.
diffed)&&u(t),i}function dt(e,t){if(e&&e.nodeType==8&&e.data.startsWith("$s"))for(var n=1;e=e.nextSibling;){if(e.nodeType==
8){if(e.data.startsWith("$s"))n++;else if(e.data.startsWith("/$s")&&!--n)return e}t&&t.push(e)}}function hr(e){e&&(e.__c&&
(e.__c.__g|=4),e.__k&&e.__k.some(hr))}function _r(e,t,n){for(var r=0;r<n.length;)_n(n[r++],n[r++],n[r++]);w.__c&&w.__c(t,
e),e.some(function(s){try{e=s.__h,s.__h=[],e.some(function(o){o.call(s)})}catch(o){w.__e(o,s.__v)}})}function vs(e,t,n,r,s,o,a,i,d,p){
var u,m,h,f,_,k,y,$,g=n.props||ft,P=t.props,E=t.type;if(E=="svg"?s="http://www.w3.org/2000/svg":E=="math"?s="http://www.\
w3.org/1998/Math/MathML":s||(s="http://www.w3.org/1999/xhtml"),o){for(u=0;u<o.length;u++)if((_=o[u])&&(E?_.localName==E:
_.nodeType==3)){e=_,o[u]=null;break}}if(!e){if($=p.ownerDocument||document,!E)return $.createTextNode(P);e=$.createElementNS(
s,E,P.is?P:p),i&&(w.__m&&w.__m(t,o),i=!1),o=null}if(E){if(p=E=="template"&&e.content||e,o=E=="textarea"&&P.defaultValue!=
null?null:o&&mn.call(p.childNodes),!i&&o)for(g={},u=0;u<e.attributes.length;u++)g[(_=e.attributes[u]).name]=_.value;for(u in g)
_=g[u],u=="dangerouslySetInnerHTML"?h=_:u=="children"||u in P||u=="value"&&"defaultValue"in P||u=="checked"&&"defaultChe\
cked"in P||lt(e,u,null,_,s);for(u in P)_=P[u],u=="children"?f=_:u=="dangerouslySetInnerHTML"?m=_:u=="value"?k=_:u=="chec\
ked"?y=_:i&&typeof _!="function"||g[u]===_||lt(e,u,_,g[u],s);m?(i||h&&(m.__html==h.__html||m.__html==e.innerHTML)||(e.innerHTML=
m.__html),t.__k=[]):(h&&(e.textContent=""),(E=="foreignObject"||s=="http://www.w3.org/1998/Math/MathML"&&ps.test(E))&&(s=
"http://www.w3.org/1999/xhtml"),fr(p,fn(f)?f:[f],t,n,r,s,o,a,o?o[0]:n.__k&&ce(n,0),i,d),o&&o.some($e)),i&&E!="textarea"||
(u="value",E=="progress"&&k==null?e.removeAttribute(u):k==null||k===e[u]&&(E!="progress"||k)||lt(e,u,k,g[u],s),u="checke\
d",y!=null&&y!=e[u]&&lt(e,u,y,g[u],s))}else g===P||i&&e.data==P||(e.data=P);return e}function _n(e,t,n,r){try{typeof e==
"function"?t?t.__x=e(t)||1:r&&(r=r.__c||r.__e)&&(t=r.__x)&&(r.__x=null,typeof t=="function"?t():e(null)):e.current=t}catch(s){
w.__e(s,n)}}function vn(e,t,n){var r,s,o,a;if(w.unmount&&w.unmount(e),!(r=e.ref)||r.current&&r.current!=e.__e||_n(r,null,
t,e),r=e.__c){if(r.componentWillUnmount)try{r.componentWillUnmount()}catch(i){w.__e(i,t)}r.__P=r.__n=null}if(r=e.__k)for(a=
0;a<r.length;a++)r[a]&&vn(r[a],t,typeof e.type!="function"||n&&!e.props.__P);!n&&(r=e.__c)&&(r=r.__z)&&(s=dt(r,o=[]))&&(r==
e.__e&&o.some($e),$e(s),$e(r)),n||$e(e.__e),e.__e=e.__c=e.__=null}function ys(e,t,n){return this.constructor(e,n)}function vr(e,t){
var n,r,s,o;w.__&&w.__(e,t),t.nodeType==9&&(t=t.documentElement),r=(n=e&&32&e.__u)?null:t.__k,t.__k=ze(Re,{children:[e]}),
s=[],o=[],hn(t,t.__k,r||ft,ft,t.namespaceURI,r?null:t.firstChild?mn.call(t.childNodes):null,s,r?r.__e:t.firstChild,n,o),
_r(s,t.__k,o),t.__k.props.children=null}w={__e:function(e,t,n,r){for(var s,o,a;t=t.__;)if((s=t.__c)&&!(1&s.__g)){s.__g|=
4;try{if((a=(o=s.constructor)&&o.getDerivedStateFromError)&&s.setState(o.getDerivedStateFromError(e)),s.componentDidCatch&&
(s.componentDidCatch(e,r||{}),a=1),a&&8&s.__g)return void(s.__g|=2)}catch(i){e=i}}throw pt=0,e}},ar=0,ir=function(e){return e!=
null&&e.constructor===Ke},Je.prototype.setState=function(e,t){var n=this.__s;n&&n!=this.state||(n=this.__s=ge({},this.state)),
typeof e=="function"&&(e=e(ge({},n),this.props)),e&&(ge(n,e),this.__v&&(t&&this.__k.push(t),Vn(this)))},Je.prototype.forceUpdate=
function(e){this.__v&&(this.__g|=4,e&&this.__h.push(e),Vn(this))},Je.prototype.render=Re,le=[],pt=0,lr=function(e,t){return e.
__v.__b-t.__v.__b},ut=Symbol(),cr=/(PointerCapture)$|Capture$/i,pn=0,Xt={},ds=0;var qe,C,Zt,Kn,en=Object.is,ht=0,yr=[],tn=[],
q=w,Yn=q.__b,Zn=q.__r,Qn=q.diffed,Xn=q.__c,er=q.unmount,tr=q.__;function Tt(e,t){q.__h&&q.__h(C,e,ht||t),ht=0;var n=C.__H||
(C.__H={__:[],__h:[]});return e>=n.__.length&&n.__.push({}),n.__[e]}function $r(e){return ht=1,$s(br,e)}function $s(e,t,n){
var r=Tt(qe++,2);if(r.t=e,!r.__c&&(r.__=[n?n(t):br(void 0,t),function(o){var a=(r.__N||r.__)[0],i=r.t(a,o);en(a,i)||(r.__N=
[i,r.__[1]],r.__c.setState({}))}],r.__c=C,!C.__f)){C.__f=!0;var s=C.shouldComponentUpdate;C.shouldComponentUpdate=function(o,a,i){
var d=this.__H;if(!d)return!0;var p=!1,u=this.props!=o;if(d.__.some(function(h){h.__N&&(p=!0,en(h.__[0],h.__N[0])||(u=!0))}),
s){var m=s.call(this,o,a,i);return p?m||u:m}return!p||u}}return r.__}function W(e,t){var n=Tt(qe++,3);!q.__s&&yn(n.__H,t)&&
(n.__P=!0,n.__=e,n.u=t,C.__H.__h.push(n))}function gr(e,t){var n=Tt(qe++,4);!q.__s&&yn(n.__H,t)&&(n.__P=!1,n.__=e,n.u=t,
C.__h.push(n))}function ne(e){return ht=5,Ye(function(){return{current:e}},[])}function Ye(e,t){var n=Tt(qe++,7);return yn(
n.__H,t)&&(n.__=e(),n.__H=t),n.__}function gs(){var e;do{for(;e=tn.shift();)try{Be(e)}catch(n){q.__e(n,{__:(e=e.__P)&&e.
__v})}for(;e=yr.shift();){var t=e.__H;if(e.__P&&t)try{t.__h.some(Be),t.__h.some(nn),t.__h=[]}catch(n){t.__h=[],q.__e(n,e.
__v)}}}while(tn.length)}q.__b=function(e){C=null,Yn&&Yn(e)},q.__=function(e,t){e&&t.__k&&t.__k.__m&&(e.__m=t.__k.__m),tr&&
tr(e,t)},q.__r=function(e){Zn&&Zn(e),qe=0;var t=(C=e.__c).__H;t&&(Zt==C?C.__h=[]:(t.__h.some(Be),t.__h.some(nn),qe=0),t.
__h=[],t.__.some(function(n){n.__N&&(n.__=n.__N),n.u=n.__N=void 0})),Zt=C},q.diffed=function(e){Qn&&Qn(e);var t=e.__c;t&&
t.__H&&(t.__H.__h.length&&rr(yr.push(t)),t.__H.__.some(function(n){n.u&&(n.__H=n.u)})),Zt=C=null},q.__c=function(e,t){t.
some(function(n){try{n.__h.some(Be),n.__h=n.__h.filter(function(r){return!r.__||nn(r)})}catch(r){n.__h=[function(){throw r}]}}),
Xn&&Xn(e,t)},q.unmount=function(e){er&&er(e);var t,n,r=e.__c;r&&r.__H&&(r.__H.__.some(function(s){try{if(s.__P&&s.__c){if(n===
void 0){for(n=e.__;n&&(!n.__c||!n.__c.__P);)n=n.__;n=n&&n.__c}s.__P=n,rr(tn.push(s))}else Be(s)}catch(o){t=o}}),r.__H=void 0,
t&&q.__e(t,r.__v))};var nr=typeof requestAnimationFrame=="function";function bs(e){var t,n=function(){clearTimeout(r),nr&&
cancelAnimationFrame(t),setTimeout(e)},r=setTimeout(n,35);nr&&(t=requestAnimationFrame(n))}function rr(e){e!=1&&Kn==q.requestAnimationFrame||
((Kn=q.requestAnimationFrame)||bs)(gs)}function Be(e){var t=C,n=e.__c;typeof n=="function"&&(e.__c=void 0,n()),C=t}function nn(e){
var t=C;e.__c=e.__(),C=t}function yn(e,t){return!e||e.length!=t.length||t.some(function(n,r){return!en(n,e[r])})}function br(e,t){
return typeof t=="function"?t(e):t}var ws=Symbol.for("preact-signals");function Et(){if(te>1)te--;else{var e,t=!1;for((function(){
var s=vt;for(vt=void 0;s!==void 0;){var o=s.S;if(o.v===s.v)for(var a=o.t;a!==void 0;a=a.x)a.i===s.i&&(a.i=o.i);s=s.o}})();Ve!==
void 0;){var n=Ve;for(Ve=void 0,_t++;n!==void 0;){var r=n.u;if(n.u=void 0,n.f&=-3,!(8&n.f)&&kr(n))try{n.c()}catch(s){t||
(e=s,t=!0)}n=r}}if(_t=0,te--,t)throw e}}function At(e){if(te>0)return e();rn=++ks,te++;try{return e()}finally{Et()}}var Fe,
S=void 0;function qt(e){var t=S,n=Fe;S=void 0,Fe=void 0;try{return e()}finally{S=t,Fe=n}}var Ve=void 0,te=0,_t=0,ks=0,rn=0,
vt=void 0,yt=0;function wr(e){if(S!==void 0){var t=e.n;if(t===void 0||t.t!==S)return t={i:0,S:e,p:S.s,n:void 0,t:S,e:void 0,
x:void 0,r:t},S.s!==void 0&&(S.s.n=t),S.s=t,e.n=t,32&S.f&&e.S(t),t;if(t.i===-1)return t.i=0,t.n!==void 0&&(t.n.p=t.p,t.p!==
void 0&&(t.p.n=t.n),t.p=S.s,t.n=void 0,S.s.n=t,S.s=t),t}}function D(e,t){this.v=e,this.i=0,this.n=void 0,this.t=void 0,this.
l=0,this.W=t?.watched,this.Z=t?.unwatched,this.name=t?.name}D.prototype.brand=ws;D.prototype.h=function(){return!0};D.prototype.
S=function(e){var t=this,n=this.t;n!==e&&e.e===void 0&&(e.x=n,this.t=e,n!==void 0?n.e=e:qt(function(){var r;(r=t.W)==null||
r.call(t)}))};D.prototype.U=function(e){var t=this;if(this.t!==void 0){var n=e.e,r=e.x;n!==void 0&&(n.x=r,e.e=void 0),r!==
void 0&&(r.e=n,e.x=void 0),e===this.t&&(this.t=r,r===void 0&&qt(function(){var s;(s=t.Z)==null||s.call(t)}))}};D.prototype.
subscribe=function(e){var t=this;return re(function(){var n=t.value;qt(function(){return e(n)})},{name:"sub"})};D.prototype.
valueOf=function(){return this.value};D.prototype.toString=function(){return this.value+""};D.prototype.toJSON=function(){
return this.value};D.prototype.peek=function(){var e=this;return qt(function(){return e.value})};Object.defineProperty(D.
prototype,"value",{get:function(){var e=wr(this);return e!==void 0&&(e.i=this.i),this.v},set:function(e){if(e!==this.v){
if(_t>100)throw new Error("Cycle detected");(function(n){te!==0&&_t===0&&n.l!==rn&&(n.l=rn,vt={S:n,v:n.v,i:n.i,o:vt})})(
this),this.v=e,this.i++,yt++,te++;try{for(var t=this.t;t!==void 0;t=t.x)t.t.N()}finally{Et()}}}});function x(e,t){return new D(
e,t)}function kr(e){for(var t=e.s;t!==void 0;t=t.n)if(t.S.i!==t.i||!t.S.h()||t.S.i!==t.i)return!0;return!1}function xr(e){
for(var t=e.s;t!==void 0;t=t.n){var n=t.S.n;if(n!==void 0&&(t.r=n),t.S.n=t,t.i=-1,t.n===void 0){e.s=t;break}}}function Sr(e){
for(var t=e.s,n=void 0;t!==void 0;){var r=t.p;t.i===-1?(t.S.U(t),r!==void 0&&(r.n=t.n),t.n!==void 0&&(t.n.p=r)):n=t,t.S.
n=t.r,t.r!==void 0&&(t.r=void 0),t=r}e.s=n}function be(e,t){D.call(this,void 0,t),this.x=e,this.s=void 0,this.g=yt-1,this.
f=4}be.prototype=new D;be.prototype.h=function(){if(this.f&=-3,1&this.f)return!1;if((36&this.f)==32||(this.f&=-5,this.g===
yt))return!0;if(this.g=yt,this.f|=1,this.i>0&&!kr(this))return this.f&=-2,!0;var e=S;try{xr(this),S=this;var t=this.x();
(16&this.f||this.v!==t||this.i===0)&&(this.v=t,this.f&=-17,this.i++)}catch(n){this.v=n,this.f|=16,this.i++}return S=e,Sr(
this),this.f&=-2,!0};be.prototype.S=function(e){if(this.t===void 0){this.f|=36;for(var t=this.s;t!==void 0;t=t.n)t.S.S(t)}
D.prototype.S.call(this,e)};be.prototype.U=function(e){if(this.t!==void 0&&(D.prototype.U.call(this,e),this.t===void 0)){
this.f&=-33;for(var t=this.s;t!==void 0;t=t.n)t.S.U(t)}};be.prototype.N=function(){if(!(2&this.f)){this.f|=6;for(var e=this.
t;e!==void 0;e=e.x)e.t.N()}};Object.defineProperty(be.prototype,"value",{get:function(){if(1&this.f)throw new Error("Cyc\
le detected");var e=wr(this);if(this.h(),e!==void 0&&(e.i=this.i),16&this.f)throw this.v;return this.v}});function Oe(e,t){
return new be(e,t)}function Tr(e){var t=e.j;if(e.j=void 0,typeof t=="function"){te++;var n=S;S=void 0;try{t()}catch(r){throw e.
f&=-2,e.f|=8,$n(e),r}finally{S=n,Et()}}}function $n(e){for(var t=e.s;t!==void 0;t=t.n)t.S.U(t);e.x=void 0,e.s=void 0,Tr(
e)}function xs(e){if(S!==this)throw new Error("Out-of-order effect");Sr(this),S=e,this.f&=-2;try{8&this.f&&$n(this)}finally{
Et()}}function je(e,t){this.x=e,this.j=void 0,this.s=void 0,this.u=void 0,this.f=32,this.name=t?.name,Fe&&Fe.push(this)}
je.prototype.c=function(){var e=this.S();try{if(8&this.f||this.x===void 0)return;var t=this.x();typeof t=="function"&&(this.
j=t)}finally{e()}};je.prototype.S=function(){if(1&this.f)throw new Error("Cycle detected");this.f|=1,this.f&=-9,Tr(this),
xr(this),te++;var e=S;return S=this,xs.bind(this,e)};je.prototype.N=function(){2&this.f||(this.f|=2,this.u=Ve,Ve=this)};
je.prototype.d=function(){this.f|=8,1&this.f||$n(this)};je.prototype.dispose=function(){this.d()};function re(e,t){var n=new je(
e,t);try{n.c()}catch(s){throw n.d(),s}var r=n.d.bind(n);return r[Symbol.dispose]=r,r}var Er,Ot,ct,Ss=typeof window<"u"&&
!!window.__PREACT_SIGNALS_DEVTOOLS__,Ar=[];re(function(){Er=this.N})();function Pe(e,t){w[e]=t.bind(null,w[e]||function(){})}
function Ge(e){if(ct){var t=ct;ct=void 0,t()}ct=e&&e.S()}function qr(e){var t=this,n=e.data,r=N(n);r.name="ReactiveDom",
r.value=n;var s=Ye(function(){for(var i=t,d=t.__v;d=d.__;)if(d.__c){d.__c.__$f|=4;break}var p=Oe(function(){var f=r.value.
value;return f===0?0:f===!0?"":f||""}),u=Oe(function(){return!Array.isArray(p.value)&&!ir(p.value)}),m=re(function(){if(this.
N=Or,u.value){var f=p.value;i.__v&&i.__v.__e&&i.__v.__e.nodeType===3&&(i.__v.__e.data=f)}}),h=t.__$u.d;return t.__$u.d=function(){
m(),h.call(this)},[u,p]},[]),o=s[0],a=s[1];return o.value?a.peek():a.value}qr.displayName="ReactiveTextNode";Object.defineProperties(
D.prototype,{constructor:{configurable:!0,value:ur(Re,null).constructor},type:{configurable:!0,value:qr},props:{configurable:!0,
get:function(){var e=this;return{data:{get value(){return e.value}}}}},__b:{configurable:!0,value:1}});Pe("__b",function(e,t){
if(Ge(),Ot=void 0,typeof t.type=="string"){var n,r=t.props;for(var s in r)if(s!=="children"){var o=r[s];o instanceof D&&
(n||(t.__np=n={}),n[s]=o,r[s]=o.peek())}}e(t)});Pe("__r",function(e,t){if(e(t),t.type!==Re){Ge();var n,r=t.__c;r&&(r.__$f&=
-2,(n=r.__$u)===void 0&&(r.__$u=n=(function(s,o){var a;return re(function(){a=this},{name:o}),a.c=s,a})((function(s){return function(){
var o;Ss&&((o=this.y)==null||o.call(this)),s.__$f|=1,s.setState({})}})(r),typeof t.type=="function"?t.type.displayName||
t.type.name:""))),Ot=r,Ge(n)}});Pe("__e",function(e,t,n,r){Ge(),Ot=void 0,e(t,n,r)});Pe("diffed",function(e,t){Ge(),Ot=void 0;
var n;if(typeof t.type=="string"&&(n=t.__e)){var r=t.__np,s=t.props,o=n.U;if(o)for(var a in o){var i=o[a];i===void 0||r&&
a in r||(i.d(),o[a]=void 0)}if(r){o||(o={},n.U=o);for(var d in r){var p=o[d],u=r[d];p===void 0?(p=Ts(n,d,u,s),o[d]=p):p.
o(u,s)}}}e(t)});function Ts(e,t,n,r){var s=t in e&&e.ownerSVGElement===void 0,o=x(n);return{o:function(a,i){o.value=a,r=
i},d:re(function(){this.N=Or;var a=o.value.value;r[t]!==a&&(r[t]=a,s?e[t]=a:a!=null&&(a!==!1||t[4]==="-")?e.setAttribute(
t,a):e.removeAttribute(t))})}}Pe("unmount",function(e,t){if(typeof t.type=="string"){var n=t.__e;if(n){var r=n.U;if(r){n.
U=void 0;for(var s in r){var o=r[s];o&&o.d()}}}var a=t.__np;if(a){var i=t.props;for(var d in a)i[d]=a[d]}t.__np=void 0}else{
var p=t.__c;if(p){p.__$f|=8;var u=p.__$u;u&&(p.__$u=void 0,u.d())}}e(t)});Pe("__h",function(e,t,n,r){r<3&&(t.__$f|=2),e(
t,n,r)});Je.prototype.shouldComponentUpdate=function(e,t){if(this.__R)return!0;var n=this.__$u,r=n&&n.s!==void 0;for(var s in t)
return!0;if(this.__f||typeof this.u=="boolean"&&this.u===!0){var o=2&this.__$f;if(!(r||o||4&this.__$f)||1&this.__$f)return!0}else if(!(r||
4&this.__$f)||3&this.__$f)return!0;for(var a in e)if(a!=="__source"&&e[a]!==this.props[a])return!0;for(var i in this.props)
if(!(i in e))return!0;return!1};function N(e,t){return Ye(function(){return x(e,t)},[])}var Es=function(e){queueMicrotask(
function(){queueMicrotask(e)})};function As(){At(function(){for(var e;e=Ar.shift();)Er.call(e)})}function Or(){Ar.push(this)===
1&&(w.requestAnimationFrame||Es)(As)}var Cr=function(e,t,n,r){var s;t[0]=0;for(var o=1;o<t.length;o++){var a=t[o++],i=t[o]?
(t[0]|=a?1:2,n[t[o++]]):t[++o];a===3?r[0]=i:a===4?r[1]=Object.assign(r[1]||{},i):a===5?(r[1]=r[1]||{})[t[++o]]=i:a===6?r[1][t[++o]]+=
i+"":a?(s=e.apply(i,Cr(e,i,n,["",null])),r.push(s),i[0]?t[0]|=2:(t[o-2]=0,t[o]=s)):r.push(i)}return r},or=new Map;function qs(e){
var t=or.get(this);return t||(t=new Map,or.set(this,t)),(t=Cr(this,t.get(e)||(t.set(e,t=(function(n){for(var r,s,o=1,a="",
i="",d=[0],p=function(h){o===1&&(h||(a=a.replace(/^\s*\n\s*|\s*\n\s*$/g,"")))?d.push(0,h,a):o===3&&(h||a)?(d.push(3,h,a),
o=2):o===2&&a==="..."&&h?d.push(4,h,0):o===2&&a&&!h?d.push(5,0,!0,a):o>=5&&((a||!h&&o===5)&&(d.push(o,0,a,s),o=6),h&&(d.
push(o,h,0,s),o=6)),a=""},u=0;u<n.length;u++){u&&(o===1&&p(),p(u));for(var m=0;m<n[u].length;m++)r=n[u][m],o===1?r==="<"?
(p(),d=[d],o=3):a+=r:o===4?a==="--"&&r===">"?(o=1,a=""):a=r+a[0]:i?r===i?i="":a+=r:r==='"'||r==="'"?i=r:r===">"?(p(),o=1):
o&&(r==="="?(o=5,s=a,a=""):r==="/"&&(o<5||n[u][m+1]===">")?(p(),o===3&&(d=d[0]),o=d,(d=d[0]).push(2,0,o),o=0):r===" "||r===
"	"||r===`
`||r==="\r"?(p(),o=2):a+=r),o===3&&a==="!--"&&(o=4,d=d[0])}return p(),d})(e)),t),arguments,[])).length>1?t:t[0]}var c=qs.
bind(ur),on;(typeof navigator>"u"||!navigator.userAgent?.startsWith?.("Mozilla/5.0 "))&&(on="oauth4webapi/v3.8.8");function gn(e,t){
if(e==null)return!1;try{return e instanceof t||Object.getPrototypeOf(e)[Symbol.toStringTag]===t.prototype[Symbol.toStringTag]}catch{
return!1}}var Q="ERR_INVALID_ARG_VALUE",ue="ERR_INVALID_ARG_TYPE";function U(e,t,n){let r=new TypeError(e,{cause:n});return Object.
assign(r,{code:t}),r}var Os=Symbol(),Cs=Symbol(),Rs=Symbol(),js=Symbol(),sn=Symbol(),Ps=new TextEncoder,Us=new TextDecoder;
function an(e){return typeof e=="string"?Ps.encode(e):Us.decode(e)}var ln;Uint8Array.prototype.toBase64?ln=e=>(e instanceof
ArrayBuffer&&(e=new Uint8Array(e)),e.toBase64({alphabet:"base64url",omitPadding:!0})):ln=e=>{e instanceof ArrayBuffer&&(e=
new Uint8Array(e));let t=[];for(let n=0;n<e.byteLength;n+=32768)t.push(String.fromCharCode.apply(null,e.subarray(n,n+32768)));
return btoa(t.join("")).replace(/=/g,"").replace(/\+/g,"-").replace(/\//g,"_")};var cn;Uint8Array.fromBase64?cn=e=>{try{
return Uint8Array.fromBase64(e,{alphabet:"base64url"})}catch(t){throw U("The input to be decoded is not correctly encode\
d.",Q,t)}}:cn=e=>{try{let t=atob(e.replace(/-/g,"+").replace(/_/g,"/").replace(/\s/g,"")),n=new Uint8Array(t.length);for(let r=0;r<
t.length;r++)n[r]=t.charCodeAt(r);return n}catch(t){throw U("The input to be decoded is not correctly encoded.",Q,t)}};function $t(e){
return typeof e=="string"?cn(e):ln(e)}var gt=class extends Error{code;constructor(e,t){super(e,t),this.name=this.constructor.
name,this.code=ba,Error.captureStackTrace?.(this,this.constructor)}},Ns=class extends Error{code;constructor(e,t){super(
e,t),this.name=this.constructor.name,t?.code&&(this.code=t?.code),Error.captureStackTrace?.(this,this.constructor)}};function v(e,t,n){
return new Ns(e,{code:t,cause:n})}function bt(e){return!(e===null||typeof e!="object"||Array.isArray(e))}function Ls(e){
gn(e,Headers)&&(e=Object.fromEntries(e.entries()));let t=new Headers(e??{});if(on&&!t.has("user-agent")&&t.set("user-age\
nt",on),t.has("authorization"))throw U('"options.headers" must not include the "authorization" header name',Q);return t}
function Ds(e,t){if(t!==void 0){if(typeof t=="function"&&(t=t(e.href)),!(t instanceof AbortSignal))throw U('"options.sig\
nal" must return or be an instance of AbortSignal',ue);return t}}function wt(e,t,n,r,s){try{if(typeof e!="number"||!Number.
isFinite(e))throw U(`${n} must be a number`,ue,s);if(e>0)return;if(t){if(e!==0)throw U(`${n} must be a non-negative numb\
er`,Q,s);return}throw U(`${n} must be a positive number`,Q,s)}catch(o){throw r?v(o.message,r,s):o}}function F(e,t,n,r){try{
if(typeof e!="string")throw U(`${t} must be a string`,ue,r);if(e.length===0)throw U(`${t} must not be empty`,Q,r)}catch(s){
throw n?v(s.message,n,r):s}}function Rr(e){Is(e,"application/json")}function Ms(e,...t){let n='"response" content-type m\
ust be ';if(t.length>2){let r=t.pop();n+=`${t.join(", ")}, or ${r}`}else t.length===2?n+=`${t[0]} or ${t[1]}`:n+=t[0];return v(
n,ka,e)}function Is(e,t){if(oa(e)!==t)throw Ms(e,t)}function jr(){return $t(crypto.getRandomValues(new Uint8Array(32)))}
function bn(){return jr()}function wn(){return jr()}async function Pr(e){return F(e,"codeVerifier"),$t(await crypto.subtle.
digest("SHA-256",an(e)))}function Ur(e){let t=e?.[Cs];return typeof t=="number"&&Number.isFinite(t)?t:0}function Nr(e){let t=e?.[Rs];
return typeof t=="number"&&Number.isFinite(t)&&Math.sign(t)!==-1?t:30}function Lr(){return Math.floor(Date.now()/1e3)}function Ct(e){
if(typeof e!="object"||e===null)throw U('"as" must be an object',ue);F(e.issuer,'"as.issuer"')}function Rt(e){if(typeof e!=
"object"||e===null)throw U('"client" must be an object',ue);F(e.client_id,'"client.client_id"')}function kn(){return(e,t,n,r)=>{
n.set("client_id",t.client_id)}}var Hs=URL.parse?(e,t)=>URL.parse(e,t):(e,t)=>{try{return new URL(e,t)}catch{return null}};
function Ws(e,t){if(t&&e.protocol!=="https:")throw v("only requests to HTTPS are allowed",Sa,e);if(e.protocol!=="https:"&&
e.protocol!=="http:")throw v("only HTTP and HTTPS requests are allowed",Ta,e)}function sr(e,t,n,r){let s;if(typeof e!="s\
tring"||!(s=Hs(e)))throw v(`authorization server metadata does not contain a valid ${n?`"as.mtls_endpoint_aliases.${t}"`:
`"as.${t}"`}`,e===void 0?Ea:Aa,{attribute:n?`mtls_endpoint_aliases.${t}`:t});return Ws(s,r),s}function zs(e,t,n,r){return n&&
e.mtls_endpoint_aliases&&t in e.mtls_endpoint_aliases?sr(e.mtls_endpoint_aliases[t],t,n,r):sr(e[t],t,n,r)}var jt=class extends Error{cause;code;error;status;error_description;response;constructor(e,t){
super(e,t),this.name=this.constructor.name,this.code=ga,this.cause=t.cause,this.error=t.cause.error,this.status=t.response.
status,this.error_description=t.cause.error_description,Object.defineProperty(this,"response",{enumerable:!1,value:t.response}),
Error.captureStackTrace?.(this,this.constructor)}},Js=class extends Error{cause;code;error;error_description;constructor(e,t){
super(e,t),this.name=this.constructor.name,this.code=wa,this.cause=t.cause,this.error=t.cause.get("error"),this.error_description=
t.cause.get("error_description")??void 0,Error.captureStackTrace?.(this,this.constructor)}},Bs=class extends Error{cause;code;response;status;constructor(e,t){
super(e,t),this.name=this.constructor.name,this.code=$a,this.cause=t.cause,this.status=t.response.status,this.response=t.
response,Object.defineProperty(this,"response",{enumerable:!1}),Error.captureStackTrace?.(this,this.constructor)}},kt="[\
a-zA-Z0-9!#$%&\\'\\*\\+\\-\\.\\^_`\\|~]+",Fs="[a-zA-Z0-9\\-\\._\\~\\+\\/]+={0,2}",Vs='"((?:[^"\\\\]|\\\\[\\s\\S])*)"',Gs="\
("+kt+")\\s*=\\s*"+Vs,Ks="("+kt+")\\s*=\\s*("+kt+")",Ys=new RegExp("^[,\\s]*("+kt+")"),Zs=new RegExp("^[,\\s]*"+Gs+"[,\\s\
]*(.*)"),Qs=new RegExp("^[,\\s]*"+Ks+"[,\\s]*(.*)"),Xs=new RegExp("^("+Fs+")(?:$|[,\\s])(.*)");function ea(e){if(!gn(e,Response))
throw U('"response" must be an instance of Response',ue);let t=e.headers.get("www-authenticate");if(t===null)return;let n=[],
r=t;for(;r;){let s=r.match(Ys),o=s?.[1].toLowerCase();if(!o)return;let a=r.substring(s[0].length);if(a&&!a.match(/^[\s,]/))
return;let i=a.match(/^\s+(.*)$/),d=!!i;r=i?i[1]:void 0;let p={},u;if(d)for(;r;){let h,f;if(s=r.match(Zs)){[,h,f,r]=s,f.
includes("\\")&&(f=f.replace(/\\([\s\S])/g,"$1")),p[h.toLowerCase()]=f;continue}if(s=r.match(Qs)){[,h,f,r]=s,p[h.toLowerCase()]=
f;continue}if(s=r.match(Xs)){if(Object.keys(p).length)break;[,u,r]=s;break}return}else r=a||void 0;let m={scheme:o,parameters:p};
u&&(m.token68=u),n.push(m)}if(n.length)return n}async function ta(e){if(e.status>399&&e.status<500){Kr(e),Rr(e);try{let t=await e.
clone().json();if(bt(t)&&typeof t.error=="string"&&t.error.length)return t}catch{}}}async function na(e,t,n){if(e.status!==
t){ia(e);let r;throw(r=await ta(e))?(await e.body?.cancel(),new jt("server responded with an error in the response body",
{cause:r,response:e})):v(`"response" is not a conform ${n} response (unexpected HTTP status code)`,xa,e)}}function ra(e){
if(!Sn.has(e))throw U('"options.DPoP" is not a valid DPoPHandle',Q)}function oa(e){return e.headers.get("content-type")?.
split(";")[0]}async function sa(e,t,n,r,s,o,a){return await n(e,t,s,o),o.set("content-type","application/x-www-form-urle\
ncoded;charset=UTF-8"),(a?.[js]||fetch)(r.href,{body:s,headers:Object.fromEntries(o.entries()),method:"POST",redirect:"m\
anual",signal:Ds(r,a?.signal)})}async function Dr(e,t,n,r,s,o){let a=zs(e,"token_endpoint",t.use_mtls_endpoint_aliases,o?.[Os]!==
!0);s.set("grant_type",r);let i=Ls(o?.headers);i.set("accept","application/json"),o?.DPoP!==void 0&&(ra(o.DPoP),await o.
DPoP.addProof(a,i,"POST"));let d=await sa(e,t,n,a,s,i,o);return o?.DPoP?.cacheNonce(d,a),d}async function Mr(e,t,n,r,s){
Ct(e),Rt(t),F(r,'"refreshToken"');let o=new URLSearchParams(s?.additionalParameters);return o.set("refresh_token",r),Dr(
e,t,n,"refresh_token",o,s)}var Ir=new WeakMap,aa=new WeakMap;function Hr(e){if(!e.id_token)return;let t=Ir.get(e);if(!t)
throw U('"ref" was already garbage collected or did not resolve from the proper sources',Q);return t}async function xn(e,t,n,r,s,o){
if(Ct(e),Rt(t),!gn(n,Response))throw U('"response" must be an instance of Response',ue);await na(n,200,"Token Endpoint"),
Kr(n);let a=await ja(n);if(F(a.access_token,'"response" body "access_token" property',b,{body:a}),F(a.token_type,'"respo\
nse" body "token_type" property',b,{body:a}),a.token_type=a.token_type.toLowerCase(),a.expires_in!==void 0){let i=typeof a.
expires_in!="number"?parseFloat(a.expires_in):a.expires_in;wt(i,!0,'"response" body "expires_in" property',b,{body:a}),a.
expires_in=i}if(a.refresh_token!==void 0&&F(a.refresh_token,'"response" body "refresh_token" property',b,{body:a}),a.scope!==
void 0&&typeof a.scope!="string")throw v('"response" body "scope" property must be a string',b,{body:a});if(a.id_token!==
void 0){F(a.id_token,'"response" body "id_token" property',b,{body:a});let i=[];t.require_auth_time===!0&&i.push("auth_t\
ime"),t.default_max_age!==void 0&&(wt(t.default_max_age,!0,'"client.default_max_age"'),i.push("auth_time")),r?.length&&i.
push(...r);let{claims:d,jwt:p}=await ma(e,t,a.id_token,i,s);_a(t,d),ha(d),aa.set(n,p),Ir.set(a,d)}if(o?.[a.token_type]!==
void 0)o[a.token_type](n,a);else if(a.token_type!=="dpop"&&a.token_type!=="bearer")throw new gt("unsupported `token_type\
` value",{cause:{body:a}});return a}function ia(e){let t;if(t=ea(e))throw new Bs("server responded with a challenge in t\
he WWW-Authenticate HTTP Header",{cause:t,response:e})}async function Wr(e,t,n,r){return xn(e,t,n,void 0,r?.[sn],r?.recognizedTokenTypes)}
function la(e,t){if(Array.isArray(t.claims.aud)){if(!t.claims.aud.includes(e))throw v('unexpected JWT "aud" (audience) c\
laim value',Ce,{expected:e,claims:t.claims,claim:"aud"})}else if(t.claims.aud!==e)throw v('unexpected JWT "aud" (audienc\
e) claim value',Ce,{expected:e,claims:t.claims,claim:"aud"});return t}function ca(e,t){let n=e[Pa]?.(t)??e.issuer;if(t.claims.
iss!==n)throw v('unexpected JWT "iss" (issuer) claim value',Ce,{expected:n,claims:t.claims,claim:"iss"});return t}var Sn=new WeakSet;
function ua(e){return Sn.add(e),e}var da=Symbol();async function zr(e,t,n,r,s,o,a){if(Ct(e),Rt(t),!Sn.has(r))throw U('"c\
allbackParameters" must be an instance of URLSearchParams obtained from "validateAuthResponse()", or "validateJwtAuthRes\
ponse()',Q);F(s,'"redirectUri"');let i=ye(r,"code");if(!i)throw v('no authorization code in "callbackParameters"',b);let d=new URLSearchParams(
a?.additionalParameters);return d.set("redirect_uri",s),d.set("code",i),o!==da&&(F(o,'"codeVerifier"'),d.set("code_verif\
ier",o)),Dr(e,t,n,"authorization_code",d,a)}var Jr={aud:"audience",c_hash:"code hash",client_id:"client id",exp:"expirat\
ion time",iat:"issued at",iss:"issuer",jti:"jwt id",nonce:"nonce",s_hash:"state hash",sub:"subject",ath:"access token ha\
sh",htm:"http method",htu:"http uri",cnf:"confirmation",auth_time:"authentication time"};function pa(e,t){for(let n of e)
if(t.claims[n]===void 0)throw v(`JWT "${n}" (${Jr[n]}) claim missing`,b,{claims:t.claims});return t}function fa(e,t){if(typeof t.
claims[e]!="string")throw v(`unexpected JWT "${e}" (${Jr[e]}) claim type`,b,{claims:t.claims});return t}function ma(e,t,n,r,s){
return qa(n,Oa.bind(void 0,t.id_token_signed_response_alg,e.id_token_signing_alg_values_supported,"RS256"),Ur(t),Nr(t),s).
then(pa.bind(void 0,["aud","exp","iat","iss","sub",...r])).then(ca.bind(void 0,e)).then(la.bind(void 0,t.client_id)).then(
fa.bind(void 0,"sub"))}function Br(e,t){if(t===St)return t;let n=t===void 0;return n&&(t=e.default_max_age),t===void 0?St:
(wt(t,!0,n?'"client.default_max_age"':'"maxAge" argument'),t)}function ha(e){e.auth_time!==void 0&&wt(e.auth_time,!0,'ID\
 Token "auth_time" (authentication time)',b,{claims:e})}function Fr(e,t,n){if(n===St)return;let r=Lr()+Ur(e),s=Nr(e);if(t.
auth_time+n<r-s)throw v("too much time has elapsed since the last End-User authentication",dn,{claims:t,now:r,tolerance:s,
claim:"auth_time"})}function Vr(e,t){let n=t===xt?void 0:t;if(e.nonce!==n)throw v('unexpected ID Token "nonce" claim val\
ue',Ce,{expected:n,claims:e,claim:"nonce"})}function _a(e,t){if(Array.isArray(t.aud)&&t.aud.length!==1){if(t.azp===void 0)
throw v('ID Token "aud" (audience) claim includes additional untrusted audiences',Ce,{claims:t,claim:"aud"});if(t.azp!==
e.client_id)throw v('unexpected ID Token "azp" (authorized party) claim value',Ce,{expected:e.client_id,claims:t,claim:"\
azp"})}}var xt=Symbol(),St=Symbol();async function Gr(e,t,n,r){return typeof r?.expectedNonce=="string"||typeof r?.maxAge==
"number"||r?.requireIdToken?va(e,t,n,r.expectedNonce,r.maxAge,r[sn],r.recognizedTokenTypes):ya(e,t,n,r?.maxAge,r?.[sn],r?.
recognizedTokenTypes)}async function va(e,t,n,r,s,o,a){let i=[];switch(r){case void 0:r=xt;break;case xt:break;default:F(
r,'"expectedNonce" argument'),i.push("nonce")}s=Br(t,s),s!==St&&i.push("auth_time");let d=await xn(e,t,n,i,o,a);F(d.id_token,
'"response" body "id_token" property',b,{body:d});let p=Hr(d);return Fr(t,p,s),Vr(p,r),d}async function ya(e,t,n,r,s,o){
let a=await xn(e,t,n,void 0,s,o),i=Hr(a);return i&&(Fr(t,i,Br(t,r)),Vr(i,xt)),a}var $a="OAUTH_WWW_AUTHENTICATE_CHALLENGE",
ga="OAUTH_RESPONSE_BODY_ERROR",ba="OAUTH_UNSUPPORTED_OPERATION",wa="OAUTH_AUTHORIZATION_RESPONSE_ERROR",un="OAUTH_PARSE_\
ERROR",b="OAUTH_INVALID_RESPONSE",ka="OAUTH_RESPONSE_IS_NOT_JSON",xa="OAUTH_RESPONSE_IS_NOT_CONFORM",Sa="OAUTH_HTTP_REQU\
EST_FORBIDDEN",Ta="OAUTH_REQUEST_PROTOCOL_FORBIDDEN",dn="OAUTH_JWT_TIMESTAMP_CHECK_FAILED",Ce="OAUTH_JWT_CLAIM_COMPARISO\
N_FAILED",Ea="OAUTH_MISSING_SERVER_METADATA",Aa="OAUTH_INVALID_SERVER_METADATA";function Kr(e){if(e.bodyUsed)throw U('"r\
esponse" body has been used already',Q)}async function qa(e,t,n,r,s){let{0:o,1:a,length:i}=e.split(".");if(i===5)if(s!==
void 0)e=await s(e),{0:o,1:a,length:i}=e.split(".");else throw new gt("JWE decryption is not configured",{cause:e});if(i!==
3)throw v("Invalid JWT",b,e);let d;try{d=JSON.parse(an($t(o)))}catch(m){throw v("failed to parse JWT Header body as base\
64url encoded JSON",un,m)}if(!bt(d))throw v("JWT Header must be a top level object",b,e);if(t(d),d.crit!==void 0)throw new gt(
'no JWT "crit" header parameter extensions are supported',{cause:{header:d}});let p;try{p=JSON.parse(an($t(a)))}catch(m){
throw v("failed to parse JWT Payload body as base64url encoded JSON",un,m)}if(!bt(p))throw v("JWT Payload must be a top \
level object",b,e);let u=Lr()+n;if(p.exp!==void 0){if(typeof p.exp!="number")throw v('unexpected JWT "exp" (expiration t\
ime) claim type',b,{claims:p});if(p.exp<=u-r)throw v('unexpected JWT "exp" (expiration time) claim value, expiration is \
past current timestamp',dn,{claims:p,now:u,tolerance:r,claim:"exp"})}if(p.iat!==void 0&&typeof p.iat!="number")throw v('\
unexpected JWT "iat" (issued at) claim type',b,{claims:p});if(p.iss!==void 0&&typeof p.iss!="string")throw v('unexpected\
 JWT "iss" (issuer) claim type',b,{claims:p});if(p.nbf!==void 0){if(typeof p.nbf!="number")throw v('unexpected JWT "nbf"\
 (not before) claim type',b,{claims:p});if(p.nbf>u+r)throw v('unexpected JWT "nbf" (not before) claim value',dn,{claims:p,
now:u,tolerance:r,claim:"nbf"})}if(p.aud!==void 0&&typeof p.aud!="string"&&!Array.isArray(p.aud))throw v('unexpected JWT\
 "aud" (audience) claim type',b,{claims:p});return{header:d,claims:p,jwt:e}}function Oa(e,t,n,r){if(e!==void 0){if(typeof e==
"string"?r.alg!==e:!e.includes(r.alg))throw v('unexpected JWT "alg" header parameter',b,{header:r,expected:e,reason:"cli\
ent configuration"});return}if(Array.isArray(t)){if(!t.includes(r.alg))throw v('unexpected JWT "alg" header parameter',b,
{header:r,expected:t,reason:"authorization server metadata"});return}if(n!==void 0){if(typeof n=="string"?r.alg!==n:typeof n==
"function"?!n(r.alg):!n.includes(r.alg))throw v('unexpected JWT "alg" header parameter',b,{header:r,expected:n,reason:"d\
efault value"});return}throw v('missing client or server configuration to verify used JWT "alg" header parameter',void 0,
{client:e,issuer:t,fallback:n})}function ye(e,t){let{0:n,length:r}=e.getAll(t);if(r>1)throw v(`"${t}" parameter must be \
provided only once`,b);return n}var Ca=Symbol(),Ra=Symbol();function Yr(e,t,n,r){if(Ct(e),Rt(t),n instanceof URL&&(n=n.searchParams),
!(n instanceof URLSearchParams))throw U('"parameters" must be an instance of URLSearchParams, or URL',ue);if(ye(n,"respo\
nse"))throw v('"parameters" contains a JARM response, use validateJwtAuthResponse() instead of validateAuthResponse()',b,
{parameters:n});let s=ye(n,"iss"),o=ye(n,"state");if(!s&&e.authorization_response_iss_parameter_supported)throw v('respo\
nse parameter "iss" (issuer) missing',b,{parameters:n});if(s&&s!==e.issuer)throw v('unexpected "iss" (issuer) response p\
arameter value',b,{expected:e.issuer,parameters:n});switch(r){case void 0:case Ra:if(o!==void 0)throw v('unexpected "sta\
te" response parameter encountered',b,{expected:void 0,parameters:n});break;case Ca:break;default:if(F(r,'"expectedState\
" argument'),o!==r)throw v(o===void 0?'response parameter "state" missing':'unexpected "state" response parameter value',
b,{expected:r,parameters:n})}if(ye(n,"error"))throw new Js("authorization response from the server is an error",{cause:n});
let a=ye(n,"id_token"),i=ye(n,"token");if(a!==void 0||i!==void 0)throw new gt("implicit and hybrid flows are not support\
ed");return ua(new URLSearchParams(n))}async function ja(e,t=Rr){let n;try{n=await e.json()}catch(r){throw t(e),v('faile\
d to parse "response" body as JSON',un,r)}if(!bt(n))throw v('"response" body must be a top level object',b,{body:n});return n}
var Pa=Symbol();var oe=new URL("../../../",import.meta.url),Xe=new URL("../",oe),Ze="certflow-sign-in",eo="popup.",Zr=6e4,Ua=3600,M=x({state:"\
out",words:"",other:!1}),K,Qr,to=[],Xr,En,Qe,Ue=()=>{let e=`${Qe.authority}/${Qe.tenant}`,t={authorization_endpoint:`${e}\
/oauth2/v2.0/authorize`,token_endpoint:`${e}/oauth2/v2.0/token`};return{issuer:`${e}/v2.0`,...t}},Ne=()=>({client_id:Qe.
page}),no=()=>`api://${Qe.api}/access_as_user offline_access`;async function ro(e){Qe=e;let t=new URLSearchParams(location.
hash.slice(1)),n=t.get("state");if(!n||!(t.has("code")||t.has("error")))return Pt();if(history.replaceState(null,"",oe.pathname),
n.startsWith(eo))return new BroadcastChannel(Ze).postMessage(t.toString()),close(),!1;let r=JSON.parse(sessionStorage.getItem(
Ze)??"null");if(sessionStorage.removeItem(Ze),r?.state!==n)return Pt();history.replaceState(null,"",`${oe.pathname}${r.back}`),
dispatchEvent(new HashChangeEvent("hashchange"));try{await co(t,r)}catch(s){M.value={state:"refused",words:An(s),other:!1}}
return!0}async function Pt(e){let t={verifier:bn(),state:wn()};return sessionStorage.setItem(Ze,JSON.stringify({...t,back:location.
hash})),location.assign(await po(t,e)),!1}function oo(){let e=open("about:blank","certflow-sign-in","popup,width=520,hei\
ght=680");if(!e)return!1;let t={verifier:bn(),state:eo+wn()};Xr?.close();let n=Xr=new BroadcastChannel(Ze);return n.onmessage=
async r=>{let s=new URLSearchParams(r.data);if(s.get("state")===t.state){n.close();try{await co(s,t)}catch(o){M.value={state:"\
ended",words:An(o),other:o instanceof Ut}}}},po(t).then(r=>e.location.href=r),!0}var so=e=>En??=ao(e),ao=({tid:e,oid:t,name:n})=>JSON.
stringify([e,t??n]),Ut=class extends Error{};async function Na(e){let t=await fetch(new URL("access",Xe),{headers:{Authorization:`\
Bearer ${e}`},cache:"no-store"}),n=await t.json();if(!t.ok)throw new Error(n?.error?.message??`${t.status}`);if(ao(n.caller)!==
En)throw new Ut("")}async function io(){for(;;){if(K&&K.ends>Date.now())return K.access;M.value.state==="ended"?await new Promise(
e=>to.push(()=>e(void 0))):await(Qr??=La().finally(()=>Qr=void 0))}}function lo(e,t,n){K?.access===e&&(n||!K.refresh?Tn(
t):K={...K,ends:0})}async function La(){if(!K?.refresh)return Tn("");let e=await Mr(Ue(),Ne(),kn(),K.refresh,{additionalParameters:{
scope:no()}});try{uo(await Wr(Ue(),Ne(),e))}catch(t){if(!(t instanceof jt)||![400,401].includes(t.status))throw t;Tn(An(
t))}}function Tn(e){K=void 0,M.value={state:"ended",words:e,other:!1}}async function co(e,t){if(e.has("error"))throw new Error(
e.get("error_description")??`${e.get("error")}`);let n=Yr(Ue(),Ne(),e,t?.state??""),r=await zr(Ue(),Ne(),kn(),n,oe.href,
t?.verifier??""),s=await Gr(Ue(),Ne(),r);En&&await Na(s.access_token),uo(s)}function uo(e){let t=1e3*(e.expires_in??Ua),
n=Date.now()+(t>Zr?t-Zr:t/2);K={access:e.access_token,refresh:e.refresh_token??K?.refresh,ends:n},M.value={state:"signed\
-in",words:"",other:!1};for(let r of to.splice(0))r()}async function po(e,t){let n=new URL(Ue().authorization_endpoint),
r={client_id:Ne().client_id,response_type:"code",response_mode:"fragment",redirect_uri:oe.href,scope:no(),state:e.state,
code_challenge:await Pr(e.verifier),code_challenge_method:"S256",...t?{prompt:t}:{}};for(let[s,o]of Object.entries(r))n.
searchParams.set(s,o);return n.href}var An=e=>e instanceof jt?e.error_description??e.error:e instanceof Error?e.message:
`${e}`;var R=class extends Error{constructor(t,n,r){super(n?.error?.message??r),this.status=t,this.body=n,this.reason=n?.reason??
n?.error?.code??""}},Da=24e4;async function we(e,t,{query:n,body:r,headers:s,signal:o,within:a=Da}={}){let i=new URL(t,Xe);
for(let[d,p]of Object.entries(n??{}))p&&i.searchParams.set(d,p);for(let d=0;;d++){let p=await io().catch(mo),u={method:e,
body:r,signal:o??AbortSignal.timeout(a),headers:{...s,Authorization:`Bearer ${p}`}},m=await fetch(i,{...u,cache:"no-stor\
e"}).catch(mo);if(m.status===401){lo(p,(await ho(m))?.error?.message??"",d>0);continue}if(m.ok||m.status===304)return m;
throw new R(m.status,await ho(m),`${m.status} ${m.statusText}`)}}async function O(e,t,{json:n,...r}={}){let s=n===void 0?
r.body:JSON.stringify(n);return(await we(e,t,{...r,body:s,headers:{...n===void 0?void 0:{"Content-Type":"application/jso\
n"},...r.headers}})).json()}var I=(e,t="")=>`vaults/${fo(e.vault)}/certificates/${fo(e.name)}${t}`,fo=e=>encodeURIComponent(
e).replace(/^\.{1,2}$/,"%25$&");function mo(e){throw e instanceof R||e instanceof DOMException&&e.name==="AbortError"?e:
new R(0,void 0,"offline")}async function ho(e){try{return await e.json()}catch{return}}var ke=x(null);async function qn(){let e=await O("GET","access");so(e.caller),ke.value=e}var xe=()=>(ke.value?.caller.name??
"").toLowerCase(),de=e=>(ke.value?.grants??[]).some(t=>t.may?.includes(e)),pe=e=>{let t=xe();return!!(t&&e&&e.toLowerCase().
match(/[^\s,;<>]+@[^\s,;<>]+/g)?.includes(t))};var Cn=["stalled","failed","your-turn","in-progress","asked","done","cancelled"],Ma=12e3,Ia=3e4,V=x(null),Y=x({at:0,problem:null}),
H=x(Date.now()),X=Oe(()=>V.value?za(V.value):[]),Nt="",On,Lt;function _o(){return document.addEventListener("visibilityc\
hange",()=>document.hidden?clearTimeout(On):fe()),fe()}function fe(){return clearTimeout(On),Lt??=Wa().finally(()=>{Lt=void 0,
document.hidden||(On=setTimeout(fe,Ma))})}var me=()=>(setTimeout(fe,Ha),Lt?Lt.then(fe):fe()),Ha=6e3;async function Wa(){
try{let e=await we("GET","board",{within:Ia,headers:Nt?{"If-None-Match":Nt}:{}}),t=e.status===304?null:await e.json();At(
()=>{t&&(V.value=t),H.value=Date.now(),Y.value={at:H.value,problem:null}}),Nt=e.headers.get("ETag")??Nt}catch(e){let t=e instanceof
R?e:new R(0,void 0,`${e}`);At(()=>{H.value=Date.now(),Y.value={...Y.value,problem:t}})}}function za(e){let{columns:t,mays:n}=e;
return t.vault.map((r,s)=>{let o=t.name[s]??"",a=t.names[s]??[],i=k=>k[s]??null,[d,p,u,m,h]=[i(t.owner),i(t.signer),i(t.
issuer),i(t.by),i(t.error)],f=[o,r,d,p,u,m,h,...a].join(`
`).toLowerCase(),_=i(t.request_id);return{key:`${r}/${o}/${_}`,vault:r,name:o,request_id:_,state:t.state[s]??"",status:i(
t.status),created:i(t.created),changed:i(t.changed),owner:d,signer:p,issuer:u,next_check:i(t.next_check),quiet_until:i(t.
quiet_until),error_code:i(t.error_code),error:h,names:a,by:m,may:n[t.may[s]??-1]??[],text:f}})}var Ja=["your-turn","stal\
led","in-progress","asked"],se=e=>Ja.includes(e.state),Dt=e=>e.issuer==="Unknown"&&se(e)&&e.request_id!==null,et=(e,t)=>e.
may.includes(t)&&(["read","acknowledge"].includes(t)||!V.value?.vaults[e.vault]?.observed);var vo=[["day",86400],["hour",3600],["minute",60],["second",1]],Ba={year:"numeric",month:"short",day:"numeric",hour:"2-d\
igit",minute:"2-digit",timeZoneName:"short"},Le={},Se=yo("en");function yo(e){let t=n=>new Intl.NumberFormat(e,{style:"u\
nit",unit:n,unitDisplay:"long"});return{plural:new Intl.PluralRules(e),number:new Intl.NumberFormat(e),moment:new Intl.DateTimeFormat(
e,Ba),day:new Intl.DateTimeFormat(e,{dateStyle:"medium"}),relative:new Intl.RelativeTimeFormat(e,{numeric:"auto"}),units:new Map(
vo.map(([n])=>[n,t(n)]))}}async function $o(e){Le=await(await fetch(new URL(`../text/${e}.json`,import.meta.url))).json(),
Se=yo(e),document.documentElement.lang=e}function l(e,t={}){let n=typeof t.count=="number"?`${e}.${Se.plural.select(t.count)}`:
e,r=Le[n]??Le[`${e}.other`]??Le[e];return r===void 0?(console.error(`no words for ${e}`),e):r.replace(/\{(\w+)\}/g,(s,o)=>typeof t[o]==
"number"?Fa(t[o]):`${t[o]??""}`)}function go(e,t){let n=s=>[...(Le[s]??"").matchAll(/\{(\w+)\}/g)].map(([,o])=>o??""),r=e.
find(s=>Rn(s)&&n(s).every(o=>o in t));return r?l(r,t):""}var Rn=e=>e in Le,Fa=e=>Se.number.format(e),z=e=>Se.moment.format(
new Date(e)),Mt=e=>Se.day.format(new Date(e)),bo=e=>{let[t,n]=vo.find(([,r])=>Math.abs(e)>=r)??["second",1];return[t,Math.
trunc(e/n)]};function Te(e,t){let[n,r]=bo((new Date(e).getTime()-t)/1e3);return Se.relative.format(r,n)}var jn=(e,t)=>Te(
e,Math.max(t,new Date(e).getTime()));function It(e){let[t,n]=bo(Math.max(0,e));return Se.units.get(t)?.format(n)??""}var Ee=x(null),L=x(""),wo=0;L.subscribe(()=>wo=performance.now());var ko=()=>{performance.now()-wo>1500&&(L.value="")},De=e=>Ee.
value=e,A=e=>e instanceof R?e.status?e.message:l("offline"):e instanceof Error?e.message:`${e}`;function xo(){let e=ne(null),
t=N({busy:!1,problem:""}),n=Ee.value;return W(()=>{t.value={busy:!1,problem:""},n&&!e.current?.open&&e.current?.showModal(),
n||e.current?.close(),n||setTimeout(()=>document.activeElement===document.body&&document.querySelector("h1")?.focus())},
[n]),c`<dialog ref=${e} aria-labelledby="question" onClose=${()=>Ee.value=null}>
    ${n&&c`<form onSubmit=${async s=>{if(s.preventDefault(),!(!n||t.value.busy)){t.value={busy:!0,problem:""};try{L.value=
await n.act()??"",Ee.value===n&&(Ee.value=null)}catch(o){Ee.value===n?t.value={busy:!1,problem:A(o)}:L.value=`${n.title}\
 ${A(o)}`}}}}>
      <h2 id="question">${n.title}</h2>
      <div>${n.text}</div>
      ${t.value.problem&&c`<p class="problem" role="alert" lang="en">${t.value.problem}</p>`}
      <div class="buttons">
        <button type="button" onClick=${()=>Ee.value=null}>${l("dialog.no")}</button>
        <button class=${n.danger?"danger":"main"} disabled=${t.value.busy}>${n.yes}</button>
      </div>
    </form>`}
  </dialog>`}function Pn(){let[e="",t=""]=location.hash.slice(1).split("?",2),[n="",...r]=e.split("/").filter(Boolean).map(Va);return{
page:n,parts:r,query:new URLSearchParams(t)}}function Va(e){try{return decodeURIComponent(e)}catch{return e}}var j=x(Pn());
addEventListener("hashchange",()=>j.value=Pn());function tt(e,t=[],n={}){let r=Object.entries(n).filter(([,o])=>o),s=new URLSearchParams(
r).toString();return`#/${[e,...t].map(encodeURIComponent).join("/")}${s&&`?${s}`}`}var Ae=e=>location.assign(e);function Z(e){
let{page:t,parts:n,query:r}=j.value,s={...Object.fromEntries(r),...e};history.replaceState(null,"",tt(t,n,s)),j.value=Pn()}
var J=e=>tt("request",[e.vault,e.name,e.request_id]);function Ht(e){let t=[],n=0,r=()=>{for(;n<e;){let s=t.shift();if(!s)return;n++,s().finally(()=>{n--,r()})}};return s=>new Promise(
(o,a)=>{t.push(()=>s().then(o,a)),r()})}var Ga=Uint32Array.from({length:256},(e,t)=>{for(let n=0;n<8;n++)t=t&1?3988292384^t>>>1:t>>>1;return t});function Ka(e){
let t=-1;for(let n of e)t=(Ga[(t^n)&255]??0)^t>>>8;return~t>>>0}function Un(e){let t=new DataView(new ArrayBuffer(e.reduce(
(r,[,s])=>r+s,0))),n=0;for(let[r,s]of e)s===2?t.setUint16(n,r,!0):t.setUint32(n,r,!0),n+=s;return new Uint8Array(t.buffer)}
async function So(e){let t=[],n=[],r=0;for(let[a,i]of e.entries()){let d=new Uint8Array(await i.arrayBuffer()),p=new TextEncoder().
encode(`${a+1}/${i.name}`),u=[[20,2],[2048,2],[0,2],[0,2],[33,2],[Ka(d),4],[d.length,4],[d.length,4],[p.length,2],[0,2]];
t.push(Un([[67324752,4],...u]),p,d),n.push(Un([[33639248,4],[20,2],...u,[0,2],[0,2],[0,2],[0,4],[r,4]]),p),r+=30+p.length+
d.length}let s=new Blob(n).size,o=Un([[101010256,4],[0,2],[0,2],[e.length,2],[e.length,2],[s,4],[r,4],[0,2]]);return new Blob(
[...t,...n,o])}var zt=40,Ya=3,B=x([]),Me=Oe(()=>B.value.filter(e=>e.step!=="merged").length),Za=0,Qa=Ht(Ya);function Ie(e){if(!de("retu\
rn")){L.value=l("drop.not-granted");return}let t=[...e],n=Math.max(0,zt-B.value.length),r=t.slice(0,n).map(s=>({id:++Za,
file:s,step:"waiting",report:null,words:""}));B.value=[...B.value,...r],t.length>n&&(L.value=l("drop.too-many",{count:t.
length-n,most:zt})),j.value.page!=="drop"&&Ae("#/drop");for(let s of r)Nn(s.id)}async function To(e){let t=await So(e.map(
n=>n.file));B.value=B.value.filter(n=>!e.includes(n)),Ie([new File([t],`${e.map(n=>n.file.name.replace(/\.\w+$/,"")).join(
" + ").slice(0,100)}.zip`)])}var Eo=e=>B.value=B.value.filter(t=>t.id!==e),Ao=()=>B.value=[],Jt=({step:e,report:t})=>e===
"judged"&&t?.outcome==="would-merge"&&t.findings.every(n=>n.severity==="note"),nt=({step:e,report:t})=>e==="judged"&&t?.
outcome==="would-merge",Nn=e=>qo(e,"inspecting","judged","chains/inspect"),Ln=e=>qo(e,"merging","merged","chains");function qo(e,t,n,r){
Wt(e,{step:"waiting",words:"",...n==="judged"&&{report:null}}),Qa(async()=>{let s=B.value.find(o=>o.id===e);if(s){Wt(e,{
step:t});try{let o=r==="chains"?{file:ei(s.file)}:void 0,a=await O("POST",r,{query:o,body:s.file,headers:{"Content-Type":"\
application/octet-stream"}});Wt(e,{step:n==="merged"&&!["merged","already-merged"].includes(a.outcome)?"judged":n,report:a})}catch(o){
Wt(e,{step:"failed",words:A(o)})}n==="merged"&&me()}})}var Xa=/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{VS}\u034f\u115f\u1160\u2800\u3164\uffa0]/gu,
ei=({name:e})=>e.replace(Xa,"").trim().slice(-200)||"file",Wt=(e,t)=>B.value=B.value.map(n=>n.id===e?{...n,...t}:n);function Oo(){
let e=t=>{t.dataTransfer?.types.includes("Files")&&(t.preventDefault(),document.body.classList.add("dragging"))};addEventListener(
"dragover",e),addEventListener("dragleave",t=>t.relatedTarget||document.body.classList.remove("dragging")),addEventListener(
"drop",t=>{document.body.classList.remove("dragging"),t.dataTransfer?.files.length&&(t.preventDefault(),Ie(t.dataTransfer.
files))})}var Bt=["RSA 2048","RSA 3072","RSA 4096","EC P-256","EC P-384","EC P-521"],He={vault:"",name:"",subject:"",names:"",issuer:"",
key:"RSA 2048",months:"6",owner:"",signer:"",exportable:!1,stored:!1,replace:""},ti=e=>e.split(/[\s,;]+/).filter(Boolean);
function Ft(e){let n={...{...e.owner.trim()&&{owner:e.owner.trim()},...e.signer.trim()&&{signer:e.signer.trim()}},...e.replace&&
{if_pending:"replace"}};return e.stored?n:{policy:ni(e),...n}}function ni(e){let t=ti(e.names),[n="RSA",r="2048"]=e.key.
split(" "),s=n==="EC"?{kty:"EC",crv:r}:{kty:"RSA",key_size:Number(r)},o=Number(e.months);return{key_props:{exportable:e.
exportable,...s},x509_props:{subject:e.subject.trim()||(t[0]?`CN=${t[0]}`:""),...t.length&&{sans:{dns_names:t}},...o&&{validity_months:o}},
...e.issuer&&{issuer:{name:e.issuer}}}}var Co=(e,t)=>`curl -X POST '${e}' \\
  -H "Authorization: Bearer $TOKEN" \\
  -d '${JSON.stringify(t,null,2).replaceAll("'","'\\''")}'`;function Ro(e){let t=/^[\w.[\]-]+(?=[: ])/.exec(e)?.[0]??"";
return ri.find(([n])=>t===n||t.includes(n))?.[1]??""}var ri=[["sans","names"],["subject","subject"],["validity_months","\
months"],["key_props","key"],["issuer","issuer"],["owner","owner"],["signer","signer"],["name","name"],["vault","vault"]];function jo({vault:e,take:t}){let n=N({from:"",problem:"",busy:!1}),r=async()=>{n.value={...n.value,problem:"",busy:!0};
try{let{policy:s}=await O("GET",I({vault:e,name:n.value.from}));if(!s)throw new Error(l("new.copy-none"));let o=s.curve?
`EC ${s.curve}`:`RSA ${s.key_size??2048}`;t({names:s.names.join(`
`),subject:s.subject??"",issuer:s.issuer,months:`${s.months??""}`,exportable:s.exportable,...Bt.includes(o)&&{key:o}}),n.
value={...n.value,busy:!1}}catch(s){n.value={...n.value,problem:A(s),busy:!1}}};return c`<div class="copy"><div class="field"><label for="new-copy">${l(
"new.copy")}</label>
      <input id="new-copy" autocomplete="off" spellcheck=${!1} value=${n.value.from} onInput=${s=>n.value={...n.value,from:s.
target.value}} /></div>
    <button type="button" disabled=${!e||!n.value.from||n.value.busy} onClick=${r}>${l("new.copy-take")}</button>
    ${n.value.problem&&c`<span class="problem" role="alert" lang="en">${n.value.problem}</span>`}</div>`}function rt(e,t){let n=document.createElement("a");n.href=URL.createObjectURL(t),n.download=e,n.click(),setTimeout(()=>URL.
revokeObjectURL(n.href),6e4)}async function Vt(e,t){let n=/filename="([^"]+)"/.exec(e.headers.get("Content-Disposition")??
"")?.[1];rt(n??t,await e.blob())}var Dn=e=>e.map(t=>`"${t.replace(/^\s*[=+\-@＝＋－＠]|^[\t\r\n]/,"'$&").replace(/[\r\n]+/g,
" ").replace(/"/g,'""')}"`).join(",");var Mn=100,Po=["vault","name","request_id","state","created","changed","owner","signer","issuer","error","by"];function Uo({
shown:e,picked:t,clear:n}){let r=t.filter(Dt),s=t.filter(a=>se(a)&&a.request_id&&et(a,"acknowledge")),o=t.length?t:e;return c`<div class="bulk" role="group" aria-label=${l(
"bulk.title")}>
    <span>${t.length?l("bulk.picked",{count:t.length}):l("bulk.shown",{count:e.length})}</span>
    ${t.length>0&&c`<button class="plain" onClick=${n}>${l("bulk.clear")}</button>`}
    ${r.length>0&&c`<button disabled=${r.length>Mn} title=${r.length>Mn?l("bulk.too-many",{most:Mn}):""}
      onClick=${()=>oi(r)}>${l("bulk.csrs",{count:r.length})}</button>`}
    ${s.length>0&&c`<button onClick=${()=>In(s)}>${l("bulk.acknowledge",{count:s.length})}</button>`}
    ${o.length>0&&c`<button onClick=${()=>si(o)}>${l("bulk.csv")}</button>`}
  </div>`}function oi(e){De({title:l("bulk.csrs",{count:e.length}),text:l("bulk.csrs-text"),yes:l("bulk.save"),act:async()=>Vt(
await we("GET","csrs",{query:{request_id:e.map(t=>t.request_id).join(",")}}),"csrs.zip")})}function si(e){let t=[Dn([...Po]),
...e.map(n=>Dn(Po.map(r=>`${n[r]??""}`)))];rt("certflow-requests.csv",new Blob([t.join(`\r
`),`\r
`],{type:"text/csv"}))}function In(e){let t=x("7d"),n=x(""),r=[...e];De({title:l("acknowledge.title",{count:e.length}),text:c`<p>${l(
"acknowledge.text")}</p>
      <label for="until">${l("acknowledge.until")}</label>
        <select id="until" onChange=${s=>t.value=s.target.value}>
          ${["1d","3d","7d","14d","30d"].map(s=>c`<option value=${s} selected=${s==="7d"}>${l("acknowledge.days",{count:parseInt(
s,10)})}</option>`)}
        </select>
      <label for="why">${l("acknowledge.why")}</label>
        <input id="why" required maxlength="200" onInput=${s=>n.value=s.target.value} />`,yes:l("acknowledge.yes"),act:async()=>{
let s=[],o=[];for(let a of r)try{await O("POST",I(a,"/pending/acknowledge"),{query:{request_id:a.request_id??""},json:{until:t.
value,why:n.value}})}catch(i){s.push(`${a.name}: ${A(i)}`),o.push(a)}if(r=o,me(),s.length)throw new Error(s.join(`
`));return l("acknowledge.done",{count:e.length})}})}var No=12;function Lo({label:e,columns:t,rows:n,keyOf:r,sort:s,onSort:o,selected:a,tone:i}){let d=ne(null),[[p,u],m]=$r(
[0,40]),h=ne(44);return gr(()=>{let f=()=>{if(!d.current)return;h.current=parseFloat(getComputedStyle(d.current).getPropertyValue(
"--row"))||44;let _=-d.current.getBoundingClientRect().top/h.current,k=Math.max(0,Math.floor(_)-No),y=Math.ceil(_+innerHeight/
h.current)+No;m($=>$[0]===k&&$[1]===y?$:[k,y])};return f(),addEventListener("scroll",f,{passive:!0}),addEventListener("r\
esize",f),()=>{removeEventListener("scroll",f),removeEventListener("resize",f)}},[n.length]),W(()=>{d.current?.style.setProperty(
"height",`${n.length*h.current}px`)}),c`<div role="table" class="table" aria-label=${e} aria-rowcount=${n.length+1} onKeyDown=${ci}>
    <div role="rowgroup" class="head"><div role="row" aria-rowindex="1" class="row">
      ${t.map(f=>c`<${ii} key=${f.name} column=${f} sort=${s} onSort=${o} />`)}
    </div></div>
    <div role="rowgroup" class="body" ref=${d}>
      ${n.slice(p,u).map((f,_)=>{let k=r(f),y=p+_;return c`<div role="row" key=${k} class=${`row ${i?.(f)??""}`} aria-rowindex=${y+
2} data-place=${y}
          aria-selected=${a?a.has(k):void 0} ref=${ai(y)}>
          ${t.map($=>c`<div role="cell" key=${$.name} class=${`cell ${$.name}`}>${$.cell(f)}</div>`)}
        </div>`})}
    </div>
  </div>`}var ai=e=>t=>{t?.style.setProperty("--place",`${e}`)};function ii({column:e,sort:t,onSort:n}){let{name:r,head:s,
sorted:o}=e;if(!o)return c`<div role="columnheader" class=${`cell ${r}`}>${s}</div>`;let[a,i]=t.startsWith("-")?[t.slice(
1),!0]:[t,!1],d=a!==r?"none":i?"descending":"ascending",p=a===r&&!i?`-${r}`:r;return c`<div role="columnheader" class=${`\
cell ${r}`} aria-sort=${d}>
    <button class="plain" title=${o} onClick=${()=>n(p)}>${s}<span aria-hidden="true">${li[d]}</span></button>
  </div>`}var li={none:"",ascending:" ↑",descending:" ↓"};function ci(e){let t={ArrowDown:1,ArrowUp:-1}[e.key],n=e.target instanceof
Element?e.target.closest("[data-place]"):null;if(!t||!(n instanceof HTMLElement)||!(e.target instanceof HTMLAnchorElement))
return;let r=n.parentElement?.querySelector(`[data-place="${Number(n.dataset.place)+t}"] a`);r instanceof HTMLElement&&(e.
preventDefault(),r.focus(),r.scrollIntoView({block:"nearest"}))}var ui={stalled:"▲",failed:"✕","your-turn":"✎","in-progress":"◔",asked:"○",done:"✓",cancelled:"–"},he=({state:e})=>c`<span class=${`\
state ${e}`}><span aria-hidden="true">${ui[e]??"?"}</span> ${l(`state.${e}`)}</span>`;var Hn=Object.fromEntries(Cn.map((e,t)=>[e,t])),Do={name:e=>e.name.toLowerCase(),vault:e=>e.vault.toLowerCase(),state:e=>Hn[e.
state]??9,age:e=>-Date.parse(e.created??e.changed??""),owner:e=>(e.owner??"￿").toLowerCase(),issuer:e=>(e.issuer??"￿").
toLowerCase()};function di(e,{state:t,q:n,mine:r,sort:s}){let o=n.toLowerCase().split(/\s+/).filter(Boolean),a=e.filter(
u=>(!t||u.state===t)&&(!r||pe(u.owner)||pe(u.signer)||pe(u.by))&&o.every(m=>u.text.includes(m)));if(!s)return a.sort((u,m)=>(Hn[u.
state]??9)-(Hn[m.state]??9));let[i,d]=s.startsWith("-")?[s.slice(1),-1]:[s,1],p=Object.hasOwn(Do,i)&&Do[i]||(()=>0);return a.
sort((u,m)=>d*pi(p(u),p(m)))}var pi=(e,t)=>e<t?-1:e>t?1:0;function Mo(){let e=j.value.query,t={state:e.get("state")??"",
q:e.get("q")??"",mine:e.get("mine")==="yes",sort:e.get("sort")??""},n=X.value,r=Ye(()=>di(n,t),[n,t.state,t.q,t.mine,t.sort]),
s=N(new Set),o=r.filter(a=>s.value.has(a.key));return c`
    <h1>${l("requests.title")}</h1>
    <${mi} all=${n} by=${t} />
    <div class="tools">
      <label class="search">${l("requests.search")}
        <input type="search" id="search" value=${t.q} placeholder=${l("requests.search-for")}
          onInput=${a=>Z({q:a.target.value})} /></label>
      <label class="check"><input type="checkbox" checked=${t.mine}
        onChange=${a=>Z({mine:a.target.checked?"yes":""})} /> ${l("requests.mine")}</label>
      ${t.sort&&c`<button class="plain" onClick=${()=>Z({sort:""})}>${l("requests.unsorted")}</button>`}
    </div>
    <${Uo} shown=${r} picked=${o} clear=${()=>s.value=new Set} />
    ${r.length?c`<${Lo} label=${l("requests.title")} rows=${r} keyOf=${a=>a.key} sort=${t.sort}
          onSort=${a=>Z({sort:a})} columns=${hi(s,r)} selected=${s.value}
          tone=${a=>a.state} />`:c`<${fi} filtered=${!!n.length} />`}
    ${V.value?.left_out?c`<p class="note">${l("requests.left-out",{count:V.value.left_out})}</p>`:null}`}function fi({filtered:e}){
return V.value?e?c`<p class="empty">${l("requests.no-match")} <button onClick=${()=>Z({state:"",q:"",mine:""})}>${l("req\
uests.all")}</button></p>`:c`<p class="empty">${l("requests.none")} ${de("request")&&c`<a href="#/new">${l("nav.new")}</a>`}</p>`:
c`<p class="empty" role="status">${Y.value.problem?"":l("loading")}</p>`}function mi({all:e,by:t}){let n={};for(let r of e)
n[r.state]=(n[r.state]??0)+1;return c`<div class="chips" role="group" aria-label=${l("requests.states")}>
    <button aria-pressed=${!t.state} onClick=${()=>Z({state:""})}>${l("requests.all")} <b>${e.length}</b></button>
    ${Cn.map(r=>c`<button key=${r} aria-pressed=${t.state===r}
      onClick=${()=>Z({state:t.state===r?"":r})}><${he} state=${r} /> <b>${n[r]??0}</b></button>`)}
  </div>`}function hi(e,t){let n=(o,a)=>{let i=new Set(e.value);for(let d of o)a?i.add(d):i.delete(d);e.value=i},r=t.length>
0&&t.every(o=>e.value.has(o.key)),s=(o,a,i)=>c`<input type="checkbox" aria-label=${o} checked=${a}
      onChange=${d=>n(i,d.target.checked)} />`;return[{name:"pick",head:s(l("requests.pick-all"),r,t.map(o=>o.key)),cell:o=>s(
l("requests.pick",{name:o.name}),e.value.has(o.key),[o.key])},{name:"name",head:l("column.name"),sorted:l("requests.sort"),
cell:_i},{name:"vault",head:l("column.vault"),sorted:l("requests.sort"),cell:o=>o.vault},{name:"state",head:l("column.st\
ate"),sorted:l("requests.sort"),cell:o=>c`<${he} state=${o.state} />`},{name:"age",head:l("column.age"),sorted:l("reques\
ts.sort"),cell:vi},{name:"owner",head:l("column.owner"),sorted:l("requests.sort"),cell:o=>o.owner??l("nobody")},{name:"i\
ssuer",head:l("column.issuer"),sorted:l("requests.sort"),cell:o=>ae(o.issuer)},{name:"next",head:l("column.next"),cell:yi}]}
function _i(e){let{name:t,names:n}=e,r=n.filter(o=>o!==t).join(", "),s=r?`${t}: ${r}`:t;return e.request_id?c`<a href=${J(
{...e,request_id:e.request_id})} title=${s}><bdi>${t}</bdi></a>`:c`<span title=${s}><bdi>${t}</bdi></span>`}var ae=e=>e===
null?"":e==="Unknown"?l("issuer.own-ca"):e==="Self"?l("issuer.self"):e;function vi(e){let t=e.created;if(!t)return"";let n=!se(
e)&&e.changed?Date.parse(e.changed):H.value;return c`<time datetime=${t} title=${z(t)}>${It((n-Date.parse(t))/1e3)}</time>`}
function yi(e){return e.error&&e.error_code!=="check-failed"?c`<span class="error" lang="en" title=${e.error}>${e.error}</span>`:
e.changed&&se(e)?l("next.cancelling"):e.state==="your-turn"&&et(e,"return")?l("next.your-turn"):e.state==="your-turn"?e.
signer?l("next.signer",{signer:e.signer}):l("next.somebody"):e.state==="stalled"&&e.issuer!=="Unknown"?l("next.ask-issue\
r",{issuer:ae(e.issuer)}):e.state==="stalled"?et(e,"return")?l("next.your-turn"):l("next.somebody"):e.next_check&&e.state===
"in-progress"?Date.parse(e.next_check)>H.value?l("next.check",{when:Te(e.next_check,H.value)}):l("next.check-soon"):e.changed&&
!se(e)?Te(e.changed,H.value):""}function Io({of:e,run:t,problem:n,wrong:r,busy:s}){let o=r?c`<p><${Ho} good=${!1} /></p>`:n?c`<p class="problem" lang="en">${A(
n)}</p>`:t?c`<${$i} of=${e} run=${t} />`:c`<p class="note">${l("new.nothing-yet")}</p>`;return c`<section class="judged" aria-live="polite" aria-busy=${s}><h2>${l(
"new.judged")}</h2>${o}</section>`}var Ho=({good:e})=>c`<span class=${`state ${e?"done":"failed"}`}><span aria-hidden="true">${e?
"✓":"✕"}</span> ${l(e?"new.allowed":"new.not-allowed")}</span>`;function $i({of:{vault:e,name:t},run:n}){let r=X.value.
find(p=>p.vault===e&&p.name.toLowerCase()===t.toLowerCase()&&se(p)),s=n.refusal?.reason==="pending"?r:void 0,{policy:o,forbidden:a,
refusal:i,approvals:d}=n;return c`
    <p><${Ho} good=${n.allowed} /></p>
    ${[a,i].map(p=>p&&c`<p class="problem" lang="en">${p.message}</p>`)}
    ${s?.request_id&&c`<p><a href=${J({...s,request_id:s.request_id})}>${l("new.see-pending")}</a></p>`}
    ${a?.missing?.map(p=>c`<p class="note">${l("new.missing",{what:p.what,asked:p.asked,granted:p.granted.join(", ")||l(
"nothing")})}</p>`)}
    ${d?.map(p=>c`<p>${l("new.approvals",{count:p.count,by:p.by.join(", ")||l("new.approvers")})}</p>`)}
    <dl class="facts">
      <dt>${l("csr.subject")}</dt><dd><bdi>${o.subject}</bdi></dd>
      <dt>${l("column.names")}</dt><dd><bdi>${Object.values(o.names).flat().join(", ")||l("nothing")}</bdi></dd>
      <dt>${l("column.issuer")}</dt><dd>${ae(o.issuer)}</dd>
      <dt>${l("csr.key")}</dt><dd>${o.key.replace(":"," ")}</dd>
      <dt>${l("new.months")}</dt><dd>${o.months}</dd>
    </dl>`}var gi=400,T=x(He),ot=()=>JSON.stringify({...T.value,owner:"",vault:""})!==JSON.stringify({...He,owner:"",vault:""}),Wo="",
Wn="";function zo(){let e=N([]),t=N({run:null,problem:null,busy:!1}),n=N({busy:!1,problem:null});W(()=>{bi(j.value.query),
O("GET","vaults").then(d=>{e.value=d.value.filter(p=>!p.observed),!T.value.vault&&e.value.length===1&&We({vault:e.value[0]?.
vault??""})},d=>n.value={busy:!1,problem:d})},[]);let r=JSON.stringify(T.value);if(W(()=>{if(n.value={...n.value,problem:null},
t.value=T.value.vault&&T.value.name?t.value:{run:null,problem:null,busy:!1},!T.value.vault||!T.value.name)return;let d=new AbortController,
p=setTimeout(async()=>{t.value={...t.value,busy:!0};try{let u=await O("POST",I(T.value,"/create"),{query:{dry_run:"true"},
json:Ft(T.value),signal:d.signal});t.value={run:u,problem:null,busy:!1}}catch(u){u instanceof R&&(t.value={run:null,problem:u,
busy:!1})}},gi);return()=>{clearTimeout(p),d.abort()}},[r]),!de("request"))return c`<h1>${l("new.title")}</h1><p class="empty">${l(
"new.not-granted")}</p>`;let{run:s,problem:o}=t.value,a=o?Ro(o.message):"",i=async d=>{d.preventDefault(),n.value={busy:!0,
problem:null};try{await wi()}catch(p){n.value={busy:!1,problem:p instanceof R?p:new R(0,void 0,A(p))}}};return c`<h1>${l(
"new.title")}</h1>
    <form class="form" onSubmit=${i}>
      <div><${ki} vaults=${e.value} wrong=${a} words=${a&&o?o.message:""} /></div>
      <div class="beside"><${Io} of=${T.value} run=${s} problem=${o} wrong=${!!a} busy=${t.value.busy} />
      ${n.value.problem&&c`<${xi} problem=${n.value.problem} />`}
      <div class="buttons">
        <button class="main" disabled=${n.value.busy||!T.value.vault||!T.value.name}>${l(T.value.replace?"new.replace":"\
new.start")}</button>
        <button type="button" class="plain" onClick=${()=>T.value={...He,owner:xe()}}>${l("new.clear")}</button>
      </div>
      <${Si} /></div>
    </form>`}var We=e=>T.value={...T.value,...e};function bi(e){e.get("name")?T.value={...He,owner:"",vault:e.get("vault")??
"",name:e.get("name")??"",stored:!0,replace:e.get("replace")??""}:!ot()&&!T.value.owner&&We({owner:xe().includes("@")?xe():
""})}async function wi(){let e=T.value,t=Ft(e),n=JSON.stringify([e.vault,e.name,t]);n!==Wn&&([Wo,Wn]=[crypto.randomUUID(),
n]),e.replace&&await O("GET",I(e,"/pending"),{query:{request_id:e.replace}});let r=await O("POST",I(e,"/create"),{json:t,
headers:{"Idempotency-Key":Wo}});Wn="",T.value={...He,owner:e.owner},L.value=r.note??l("new.started",{name:e.name}),await me(),
Ae(J({...e,request_id:r.request_id}))}function ki({vaults:e,wrong:t,words:n}){let r=T.value,s=e.find(i=>i.vault===r.vault)?.
issuers??[],o=(i,d)=>c`<div class="field"><label for=${`new-${i}`}>${l(`new.${i}`)}</label>
    ${d({id:`new-${i}`,"aria-invalid":t===i?"true":void 0,"aria-describedby":t===i?"wrong":void 0,onInput:p=>We({[i]:p.target.
value})})}
    ${t===i&&c`<span id="wrong" class="problem" role="alert" lang="en">${n}</span>`}</div>`,a=(i,d,p=u=>u)=>i.map(u=>c`<option key=${u} value=${u} selected=${u===
d}>${p(u)}</option>`);return c`
    ${o("vault",i=>c`<select required ...${i}><option value="">${l("new.choose")}</option>${a(e.map(d=>d.vault),r.vault)}</select>`)}
    ${o("name",i=>c`<input required autocomplete="off" spellcheck=${!1} value=${r.name} ...${i} />`)}
    <label class="check"><input type="checkbox" checked=${r.stored} onChange=${i=>We({stored:i.target.checked})} /> ${l(
"new.stored")}</label>
    ${!r.stored&&c`<fieldset><legend>${l("new.policy")}</legend>
      ${o("names",i=>c`<textarea rows="3" spellcheck=${!1} value=${r.names} ...${i}></textarea>`)}
      ${o("subject",i=>c`<input autocomplete="off" spellcheck=${!1} value=${r.subject} placeholder=${l("new.subject-defa\
ult")} ...${i} />`)}
      ${o("issuer",i=>c`<select required ...${i}><option value="">${l("new.choose")}</option>${a(["Unknown",...s],r.issuer,
d=>ae(d))}</select>`)}
      ${o("key",i=>c`<select ...${i}>${a(Bt,r.key)}</select>`)}
      ${o("months",i=>c`<input type="number" min="1" max="1200" inputmode="numeric" value=${r.months} ...${i} />`)}
      <label class="check"><input type="checkbox" checked=${r.exportable} onChange=${i=>We({exportable:i.target.checked})} /> ${l(
"new.exportable")}</label>
      <${jo} vault=${r.vault} take=${We} />
    </fieldset>`}
    ${o("owner",i=>c`<input autocomplete="off" value=${r.owner} ...${i} />`)}
    ${o("signer",i=>c`<input autocomplete="off" value=${r.signer} ...${i} />`)}
    ${r.replace&&c`<p class="band warning">${l("new.replace-text")}</p>`}`}function xi({problem:e}){let t=T.value,n=e.body?.
request_id;return c`<div class="problem" role="alert"><p lang="en">${A(e)}</p>
    ${n&&c`<p><a href=${J({...t,request_id:n})}>${l("new.see-pending")}</a></p>`}</div>`}function Si(){let e=T.value,t=Ft(
e),n=new URL(I({vault:e.vault||"VAULT",name:e.name||"NAME"},"/create"),Xe).href;return c`<details><summary>${l("new.prev\
iew")}</summary><pre tabindex="0" aria-label=${l("new.preview")}>${Co(n,t)}</pre></details>`}function Jo({chain:e}){let t=e.at(-1),n=t&&t.issuer!==t.subject,r=e.map((s,o)=>({...s,role:o===0?"leaf":s.issuer===s.subject?
"root":"intermediate"}));return c`<ul class="tree" aria-label=${l("tree.title")}>
    ${n&&c`<li class="missing"><b>${l("tree.missing")}</b> <bdi>${t.issuer}</bdi></li>`}
    ${r.reverse().map(s=>c`<li key=${s.sha256} class=${s.role}>
      <b>${l(`tree.${s.role}`)}</b> <bdi>${s.subject}</bdi> <span class="note">${l("tree.until",{day:Mt(s.not_after)})}</span></li>`)}
  </ul>`}function Fo(){if(!de("return"))return c`<h1>${l("drop.title")}</h1><p class="empty">${l("drop.not-granted")}</p>`;let e=B.
value,t=e.filter(Jt),n=e.filter(s=>s.step==="judged"&&s.report?.outcome!=="would-quarantine"&&!nt(s)&&!Vo(s)),r=e.filter(
s=>["waiting","inspecting","merging"].includes(s.step)).length;return c`
    <h1>${l("drop.title")}</h1>
    <label class="zone"><span>${l("drop.here")}</span> <span class="button">${l("drop.choose")}</span>
      <span class="note">${l("drop.kinds",{most:zt})}</span>
      <input type="file" class="hidden" multiple onChange=${s=>{Ie(s.target.files),s.target.value=""}} /></label>
    ${e.length>0&&c`<div class="tools">
      ${t.length>0&&c`<button class="main" onClick=${()=>t.forEach(s=>Ln(s.id))}>${l("drop.merge-all",{count:t.length})}</button>`}
      ${r===0&&n.length>1&&c`<button onClick=${()=>To(n)} title=${l("drop.together-text")}>${l("drop.together",{count:n.
length})}</button>`}
      ${r===0&&c`<button onClick=${Ao}>${l("drop.clear")}</button>`}
      <span role="status">${r?l("drop.busy",{count:r,all:e.length}):l("drop.judged",{count:e.length})}</span>
    </div>`}
    <ol class="cards files">${e.map(s=>c`<${Ti} key=${s.id} one=${s} />`)}</ol>`}function Ti({one:e}){let{file:t,step:n,
report:r,words:s}=e,o=["waiting","inspecting","merging"].includes(n);return c`<li class=${`card ${Bo(e)}`}>
    <h2><bdi>${t.name}</bdi></h2>
    <p class="outcome"><span class="state">${Ai[Bo(e)]} ${l(`file.${o?n:Ei(e)}`)}</span></p>
    ${o&&c`<progress aria-label=${l(`file.${n}`)}></progress>`}
    ${s&&c`<p class="problem" role="alert" lang="en">${s}</p>`}
    ${!o&&r&&c`<${qi} report=${r} />`}
    <div class="buttons">
      ${nt(e)&&c`<button class="main" aria-label=${l("drop.merge-file",{file:t.name})} onClick=${()=>Ln(e.id)}>${l("drop\
.merge")}</button>`}
      ${(n==="failed"||n==="judged")&&c`<button aria-label=${l("drop.again-file",{file:t.name})} onClick=${()=>Nn(e.id)}>${l(
"drop.again")}</button>`}
      ${!o&&c`<button class="plain" aria-label=${l("drop.away-file",{file:t.name})} onClick=${()=>Eo(e.id)}>${l("drop.aw\
ay")}</button>`}
    </div>
  </li>`}function Ei(e){return e.step==="failed"?e.report?"merge-failed":"failed":nt(e)&&!Jt(e)?"warned":e.report?.outcome??
e.step}var Vo=({step:e,report:t})=>e==="judged"&&t?.outcome==="already-merged",Bo=e=>e.step==="merged"||Vo(e)?"done":e.step===
"failed"?"failed":Jt(e)?"clean":nt(e)?"stalled":e.step==="judged"?"failed":"in-progress",Ai={done:"✓",failed:"✕",clean:"\
●",stalled:"▲","in-progress":"◔"};function qi({report:e}){let t=e.findings.filter(n=>n.sentence!==e.sentence);return c`
    <p class="sentence" lang="en">${e.sentence}</p>
    ${e.next_step&&c`<p lang="en">${e.next_step}</p>`}
    ${e.leaves.map((n,r)=>c`<div class="leaf" key=${r}>
      ${n.request?c`<p>${l("drop.for")} <a href=${J(n.request)}><bdi>${n.request.name}</bdi></a> (${n.request.vault})</p>`:
c`<p>${l("drop.for-none")} <bdi>${n.subject}</bdi></p>`}
      ${n.chain&&c`<${Jo} chain=${n.chain} findings=${n.findings} />`}
    </div>`)}
    ${t.length>0&&c`<ul class="findings">${t.map((n,r)=>c`<li key=${r} class=${n.severity}>
      <b>${l(`severity.${n.severity}`)}</b> <span lang="en">${n.sentence} ${n.next_step}</span></li>`)}</ul>`}`}var Yo={r:"requests",s:"sign",d:"drop",n:"new"},st=x(!1),Go=!1;function Ko(e){let t=e.target;if(t instanceof HTMLElement&&
(t.isContentEditable||/^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName))||e.ctrlKey||e.metaKey||e.altKey||document.querySelector(
"dialog[open]:not(.keys)"))return;let r=Go?Yo[e.key]:void 0;Go=e.key==="g",r?Ae(`#/${r}`):e.key==="/"?Oi(e):e.key==="?"?
st.value=!st.value:e.key==="Escape"&&(st.value=!1)}function Oi(e){e.preventDefault();let t=()=>document.getElementById("\
search");t()||Ae("#/requests"),requestAnimationFrame(()=>requestAnimationFrame(()=>t()?.focus()))}function Zo(){return W(
()=>(addEventListener("keydown",Ko),()=>removeEventListener("keydown",Ko)),[]),st.value?c`<aside class="keys" aria-label=${l(
"keys.title")}><h2>${l("keys.title")}</h2><dl>
    <dt>/</dt><dd>${l("keys.search")}</dd>
    ${Object.entries(Yo).map(([e,t])=>c`<dt>g ${e}</dt><dd>${l(`nav.${t}`)}</dd>`)}
    <dt>↑ ↓</dt><dd>${l("keys.arrows")}</dd><dt>?</dt><dd>${l("keys.this")}</dd>
  </dl><button onClick=${()=>st.value=!1}>${l("said.close")}</button></aside>`:null}function Qo({view:e,reread:t}){let n=e.status==="inProgress",r=e.issuer==="Unknown",s=i=>e.may.includes(i)&&!e.observed,
o=n?e.request_id:e.current,a=async()=>{await Promise.all([t(),me()])};return c`<div class="buttons">
    ${n&&r&&s("return")&&c`<label class="button main">${l("act.return")}
      <input type="file" class="hidden" multiple onChange=${i=>Ie(i.target.files)} /></label>`}
    ${!n&&!o&&s("request")&&c`<a class=${e.state==="done"?"button":"button main"} href=${tt("new",[],{vault:e.vault,name:e.
name})}>${l(e.state==="done"?"act.next":"act.again")}</a>`}
    ${n&&e.may.includes("acknowledge")&&c`<button onClick=${()=>In([e])}>${l("act.acknowledge")}</button>`}
    ${n&&!r&&s("cancel")&&!e.cancel_asked&&c`<button onClick=${()=>Ci(e,a)}>${l("act.cancel")}</button>`}
    ${n&&s("delete")&&c`<button class="danger" onClick=${()=>Ri(e,a)}>${l("act.delete")}</button>`}
    ${n&&s("request")&&s("delete")&&c`<a class="button" href=${tt("new",[],{vault:e.vault,name:e.name,replace:e.request_id})}>${l(
"act.replace")}</a>`}
  </div>`}var Ci=(e,t)=>De({title:l("cancel.title",{name:e.name}),text:c`<p>${l("cancel.text",{issuer:e.issuer})}</p>`,yes:l(
"cancel.yes"),act:async()=>(await O("PATCH",I(e,"/pending"),{query:{request_id:e.request_id},json:{cancellation_requested:!0}}),
await t(),l("cancel.done",{name:e.name}))}),Ri=(e,t)=>De({title:l("delete.title",{name:e.name}),text:c`<p>${l(e.issuer===
"Unknown"?"delete.text-own":"delete.text-issuer",{issuer:e.issuer})}</p>`,yes:l("delete.yes"),danger:!0,act:async()=>(await O(
"DELETE",I(e,"/pending"),{query:{request_id:e.request_id}}),await t(),l("delete.done",{name:e.name}))});function Xo({view:e}){let t=e.csr,n=async()=>{try{await navigator.clipboard.writeText(t.pem),L.value=l("csr.copied")}catch{
L.value=l("csr.not-copied")}},r=[["csr.subject",t.subject],...Object.entries(t.names).map(([s,o])=>[`csr.${s}`,o.join(",\
 ")]),["csr.key",t.key],["csr.ekus",t.ekus.join(", ")],["csr.usage",t.key_usage.join(", ")],["csr.sha256",t.key_sha256]];
return c`<details class="csr" open=${e.status==="inProgress"&&e.issuer==="Unknown"}>
    <summary><h2>${l("csr.title")}</h2></summary>
    <dl class="facts">${r.filter(([,s])=>s).map(([s,o])=>c`<dt>${l(s)}</dt><dd><bdi>${o}</bdi></dd>`)}</dl>
    <textarea class="pem" readonly rows="8" aria-label=${l("csr.title")} value=${t.pem}></textarea>
    <div class="buttons">
      <button onClick=${n}>${l("csr.copy")}</button>
      <button onClick=${()=>rt(`${e.name}.csr`,new Blob([t.pem],{type:"application/x-pem-file"}))}>${l("csr.save")}</button>
    </div>
  </details>`}function ts({view:e,messages:t}){let r=((...u)=>e.history.find(m=>u.includes(m.act)))("created","adopted","replaced"),s=e.
history.find(u=>u.certificate),o=t.filter(u=>u.outcome==="delivered").at(-1),a=e.status==="inProgress",i=!a&&!s&&e.state!==
"done",d=[{key:"asked",at:r?.at??e.created,who:r?.by??e.by},...e.issuer==="Unknown"?[{key:"csr",at:e.csr||!a?e.created:null}]:
[{key:"issuer",at:e.created,who:e.issuer}],{key:"told",at:o?.settled,who:o&&(o.to.join(", ")||o.channel)},...e.issuer===
"Unknown"?[{key:"chain",at:s?.at,who:s?.file?.name}]:[],{key:"merged",at:s?.at??(e.state==="done"?e.changed:null),who:s?.
by}],p=i?-1:d.findIndex(u=>!u.at&&u.key!=="told");return c`<section aria-labelledby="steps"><h2 id="steps">${l("steps.ti\
tle")}</h2><ol class="steps">
    ${d.map((u,m)=>c`<li key=${u.key} class=${u.at?"past":m===p?"next":"future"} aria-current=${m===p?"step":void 0}>
      <b>${l(`steps.${u.key}`)}</b>
      ${u.at?c`<time datetime=${u.at}>${z(u.at)}</time>`:c`<span class="note">${l(i?"steps.never":m===p?"steps.next":u.key===
"told"?"steps.not-yet":"steps.later")}</span>`}
      ${u.at&&u.who&&c`<span class="note"><bdi>${u.who}</bdi></span>`}
    </li>`)}
    ${i&&c`<li class="ended"><${he} state=${e.state} /> ${e.changed&&c`<time datetime=${e.changed}>${z(e.changed)}</time>`}</li>`}
  </ol></section>`}function ns({view:e,messages:t}){let n=e.history.map(o=>({at:o.at,line:c`<b>${es(`act-done.${o.act}`,
o.act)}</b> ${ji(o)} ${o.note&&c`<span lang="en">${o.note}</span>`} ${Pi(o)}`})),r=t.map(o=>({at:o.settled,line:c`<b>${es(
`outcome.${o.outcome}`,o.outcome)}</b> ${l("history.message",{type:o.type.replace(/^Certflow\./,"").replaceAll(".",": "),
to:o.to.join(", ")||o.channel})} ${o.reason&&c`<span lang="en">${o.reason}</span>`}`})),s=[...n,...r].sort((o,a)=>o.at<a.
at?1:-1);return c`<section aria-labelledby="history"><h2 id="history">${l("history.title")}</h2>
    <ol class="history">${s.map(o=>c`<li><time datetime=${o.at}>${z(o.at)}</time><span>${o.line}</span></li>`)}</ol>
  </section>`}var es=(e,t)=>Rn(e)?l(e):t,ji=e=>e.actor?.kind==="system"?l("history.by-itself"):e.by&&l(e.verified===!1?"\
history.by-unverified":"history.by",{by:e.by}),Pi=e=>e.file&&c`<span class="note"><bdi>${e.file.name}</bdi> (SHA-256 ${e.
file.sha256.slice(0,16)}…)</span>`;var Ui=2e4;function os(){let[e="",t="",n=""]=j.value.parts,r=N({view:null,messages:[],problem:null}),s=ne(0),o=async()=>{
let u=++s.current,m=h=>{u===s.current&&(r.value={...r.value,...h})};try{let h=await O("GET",I({vault:e,name:t},"/pending\
/view"),{query:{request_id:n}});m({view:h,problem:null});let f=await O("GET","messages",{query:{vault:e,name:t,limit:"10\
0"}});m({messages:f.value.filter(_=>Ni(_,h))})}catch(h){m({problem:h instanceof R?h:new R(0,void 0,`${h}`)})}},a=JSON.stringify(
X.value.filter(u=>u.vault===e.toLowerCase()&&u.name.toLowerCase()===t.toLowerCase()).map(u=>[u.request_id,u.state,u.changed,
u.owner,u.quiet_until,u.error]));W(()=>{o();let u=setTimeout(o,Ui);return()=>clearTimeout(u)},[a]);let{view:i,messages:d,
problem:p}=r.value;return i?c`
    <p class="crumbs"><a href="#/requests">${l("requests.title")}</a></p>
    <h1><bdi>${i.name}</bdi> <${he} state=${i.state} /></h1>
    ${p&&c`<p class="band warning" role="status">${l("request.old")} <span lang="en">${A(p)}</span></p>`}
    ${i.key_vault&&c`<p class="band warning" role="status">${Li(i.key_vault)} <span lang="en">${i.key_vault.why}</span></p>`}
    ${i.current&&c`<p class="band">${l("request.another")} <a href=${J({...i,request_id:i.current})}>${l("request.see-an\
other")}</a></p>`}
    <section class="now" aria-labelledby="now">
      <h2 id="now">${l("now.title")}</h2>
      ${i.state==="stalled"&&i.created&&c`<p><${he} state="stalled" /> ${l("request.stalled",{since:Te(i.created,H.value)})}</p>`}
      <p class="sentence">${Mi(i)}</p>
      ${i.error&&c`<p class="error" lang="en">${i.error.message??i.error.code}</p>`}
      ${i.check_error&&c`<p class="note">${l("request.check-error")} <span lang="en">${i.check_error}</span></p>`}
      <${Qo} view=${i} reread=${o} />
    </section>
    <${ts} view=${i} messages=${d} />
    <${Hi} view=${i} />
    ${i.csr&&c`<${Xo} view=${i} />`}
    <${ns} view=${i} messages=${d} />`:c`<h1><bdi>${t}</bdi></h1>${p?c`<${Di} of=${{vault:e,name:t}} problem=${p} />`:c`<p role="status">${l(
"loading")}</p>`}`}var Ni=({happened:e},t)=>Date.parse(e)>=Date.parse(t.created??"")-rs&&(t.status==="inProgress"||Date.
parse(e)<=Date.parse(t.changed??"")+rs),rs=2e3,Li=({unreachable_since:e})=>e?l("request.silent-since",{when:z(e)}):l("re\
quest.silent");function Di({of:e,problem:t}){let n=t.body?.request_id;return c`<p class="problem" role="alert" lang="en">${A(
t)}</p>
    ${n&&c`<p><a href=${J({...e,request_id:n})}>${l("request.see-another")}</a></p>`}
    <p><a href=${`#/requests?q=${encodeURIComponent(e.name)}`}>${l("request.all-of-name")}</a></p>`}function Mi({what_now:{
code:e,values:t}}){let n=new Set(["since","at","not_after","next_check"]),r=Object.fromEntries(Object.entries(t).map(([s,
o])=>[s,n.has(s)?Ii(s,o):o]));return pe(t.signer)&&delete r.signer,"issuer"in r&&(r.issuer=ae(r.issuer??null)),go([`now.${e}\
.whole`,`now.${e}`],r)}var Ii=(e,t)=>e==="not_after"?Mt(t):Te(t,H.value);function Hi({view:e}){let t=e.certificate,n=[["\
column.vault",e.vault],["column.issuer",ae(e.issuer)],["column.owner",e.owner??l("nobody")],["column.signer",e.signer],[
"column.by",e.by&&(e.by_verified===!1?l("request.unverified",{by:e.by}):e.by)],["column.behalf",e.on_behalf_of],["column\
.ca",t?.ca],["column.serial",t?.serial],["column.thumbprint",t?.thumbprint],["column.ends",t?.not_after&&z(t.not_after)],
["column.quiet",e.quiet_until&&`${z(e.quiet_until)}${e.quiet_why?`: ${e.quiet_why}`:""}`]];return c`<section aria-labelledby="facts"><h2 id="facts">${l(
"request.facts")}</h2><dl class="facts">
    ${n.filter(([,r])=>r).map(([r,s])=>c`<dt>${l(r)}</dt><dd><bdi>${s}</bdi></dd>`)}
  </dl></section>`}function ss(){let e=j.value.query.get("whose")==="everybody",t=N({busy:!1,problem:""}),n=X.value.filter(Dt),r=n.filter(a=>pe(
a.signer)),s=e?n:r,o=async()=>{t.value={busy:!0,problem:""};try{await Vt(await we("GET","csrs",{query:e?{}:{signer:xe()}}),
"csrs.zip"),L.value=l("sign.saved",{count:s.length}),t.value={busy:!1,problem:""}}catch(a){t.value={busy:!1,problem:A(a)}}};
return c`
    <h1>${l("sign.title")}</h1>
    <div class="chips" role="group" aria-label=${l("sign.whose")}>
      <button aria-pressed=${!e} onClick=${()=>Z({whose:""})}>${l("sign.mine")} <b>${r.length}</b></button>
      <button aria-pressed=${e} onClick=${()=>Z({whose:"everybody"})}>${l("sign.everybody")} <b>${n.length}</b></button>
    </div>
    ${s.length>0&&c`<div class="tools">
      <button class="main" disabled=${t.value.busy} onClick=${o}>${l("sign.take",{count:s.length})}</button>
      <a class="button" href="#/drop">${l("sign.return")}</a>
      <span class="note">${l("sign.manifest")}</span>
    </div>`}
    ${t.value.problem&&c`<p class="problem" role="alert" lang="en">${t.value.problem}</p>`}
    ${s.length?c`<ol class="cards">${s.map(a=>c`<${Bi} key=${a.key} row=${a} />`)}</ol>`:c`<${Wi} others=${n.length} everybody=${e} />`}`}
function Wi({others:e,everybody:t}){return V.value?c`<p class="empty">${l("sign.none")} ${!t&&e>0&&l("sign.others",{count:e})}</p>`:
c`<p class="empty" role="status">${Y.value.problem?"":l("loading")}</p>`}var Gt=new Map,zi=Ht(2),zn=8,Ji=e=>e.slice(0,zn).
join(", ")+(e.length>zn?` ${l("sign.more",{count:e.length-zn})}`:"");function Bi({row:e}){let t=e.created??"",n=e.request_id??
"",r=ne(null),s=N(Gt.get(n)??null);W(()=>{let d=new AbortController,p=async()=>{if(d.signal.aborted||Gt.has(n))return;let m=await O(
"GET",I(e,"/pending/view"),{query:{request_id:n},signal:d.signal});Gt.set(n,s.value=m.csr)},u=new IntersectionObserver(([
m])=>{m?.isIntersecting&&(u.disconnect(),zi(p).catch(()=>{}))});return!Gt.has(n)&&r.current&&u.observe(r.current),()=>{u.
disconnect(),d.abort()}},[n]);let[o,a,i]=[Object.values(s.value?.names??{}).flat(),s.value?.key,s.value?.ekus??[]];return c`<li class="card" ref=${r}>
    <h2><a href=${J({...e,request_id:n})}><bdi>${e.name}</bdi></a></h2>
    <dl>
      <dt>${l("column.vault")}</dt><dd>${e.vault}</dd>
      <dt>${l("column.waiting")}</dt><dd><time datetime=${t} title=${t&&z(t)}>${t?It((H.value-Date.parse(t))/1e3):""}</time></dd>
      <dt>${l("column.names")}</dt><dd><bdi>${Ji(o.length?o:e.names)||e.name}</bdi></dd>
      ${a&&c`<dt>${l("csr.key")}</dt><dd>${a}</dd><dt>${l("csr.ekus")}</dt><dd>${i.join(", ")||l("nothing")}</dd>`}
      <dt>${l("column.owner")}</dt><dd>${e.owner??l("nobody")}</dd>
      <dt>${l("column.signer")}</dt><dd>${e.signer??l("nobody")}</dd>
      ${e.by&&c`<dt>${l("column.by")}</dt><dd>${e.by}</dd>`}
    </dl>
  </li>`}var Fi=6e5,Jn=x(!1);function as(e){setInterval(async()=>{if(document.hidden)return;let t=await fetch(new URL("config.jso\
n",oe),{cache:"no-cache"}).then(n=>n.json()).catch(()=>{});t?.build&&t.build!==e&&(Jn.value=!0)},Fi)}var is={requests:Mo,sign:ss,request:os,drop:Fo,new:zo},Vi=["requests","sign","drop","new"];function ls(){let e=j.value.page||
"requests",t=Object.hasOwn(is,e)?is[e]:void 0;return W(()=>{ko(),document.title=`${l(`title.${t?e:"none"}`,{name:j.value.
parts[1]??""})} · Certflow`,document.querySelector("h1")?.setAttribute("tabindex","-1"),document.activeElement===document.
body&&document.querySelector("h1")?.focus()},[e,j.value.parts.join("/")]),c`
    <a class="skip" href="#main" onClick=${Gi}>${l("nav.skip")}</a>
    <header><a class="brand" href="#/requests">Certflow</a>
      <nav aria-label=${l("nav.title")}>${Vi.map(n=>c`<a key=${n} href=${`#/${n}`} aria-current=${n===e?"page":void 0}>${l(
`nav.${n}`)}${Ki(n)}</a>`)}</nav>
      <span class="who" title=${(ke.value?.caller.roles??[]).join(", ")}>${ke.value?.caller.name??""}</span>
    </header>
    <${Yi} />
    <div role="status" aria-live="polite">${L.value&&c`<div class="said band"><span>${L.value}</span>
      <button class="plain" onClick=${()=>L.value=""}>${l("said.close")}</button></div>`}</div>
    <main id="main">${t?c`<${t} key=${[e,...j.value.parts,e==="new"&&j.value.query].join("/")} />`:c`<h1>${l("title.none")}</h1><p><a href="#/requests">${l(
"nav.requests")}</a></p>`}</main>
    <${xo} /><${Zo} />`}function Gi(e){e.preventDefault(),document.querySelector("h1")?.focus()}function Ki(e){if(e==="d\
rop"&&Me.value)return c` <b>${Me.value}</b>`;let t=e==="requests"?X.value.filter(n=>n.state==="stalled"||n.state==="fail\
ed").length:0;return t?c` <b title=${l("nav.urgent")}>${t}</b>`:null}function Yi(){let e=Object.entries(V.value?.vaults??
{}).filter(([,t])=>t.down_since);return c`<div class="bands">
    ${M.value.state==="ended"&&c`<${Zi} />`}
    ${Y.value.problem&&c`<div class="band warning" role="status">${l("band.old")} <span lang="en">${A(Y.value.problem)}</span>
      ${V.value&&l("band.as-of",{when:z(new Date(Y.value.at)),age:jn(Y.value.at,H.value)})}
      <button onClick=${fe}>${l("band.again")}</button></div>`}
    ${Jn.value&&c`<div class="band" role="status">${l("band.newer")} <button onClick=${()=>location.reload()}>${l("band.\
reload")}</button></div>`}
    ${e.map(([t,n])=>c`<div key=${t} class="band warning" role="status">
      ${l("band.vault",{vault:t,when:z(n.down_since??""),age:jn(n.down_since??"",H.value)})}</div>`)}
  </div>`}function Zi(){let e=N(!1),t=Me.value;return c`<div class="band danger" role="alert">
    <p><b>${l("session.ended")}</b> ${t>0?l("session.keeps",{count:t}):l("session.waits")} ${(t>0||ot())&&l("session.rel\
oad")}</p>
    ${M.value.other&&c`<p>${l("session.somebody-else",{name:ke.value?.caller.name??""})}</p>`}
    ${M.value.words&&c`<p class="note" lang="en">${M.value.words}</p>`}
    ${e.value&&c`<p>${l("session.blocked")}</p>`}
    <button class="main" onClick=${()=>e.value=!oo()}>${l("session.again")}</button>
  </div>`}var Kt=({words:e})=>c`<main class="plain-page"><h1>${l("refused.title")}</h1>
  <p lang="en">${e}</p><button class="main" onClick=${()=>Pt("select_account")}>${l("refused.again")}</button></main>`,cs=({
words:e})=>c`<main class="plain-page"><h1>${l("away.title")}</h1>
  <p lang="en">${e}</p><button class="main" onClick=${()=>location.reload()}>${l("band.again")}</button></main>`,us=({why:e})=>c`<main class="plain-page"><h1>${l(
"without.title")}</h1><p>${l(`without.${e}`)}</p>
  <p>${l("without.api")}</p></main>`;async function Qi(){let[e]=await Promise.all([fetch(new URL("config.json",oe)).then(s=>s.json()),$o("en")]);if(e.without)
return at(c`<${us} why=${e.without} />`);if(!await ro(e))return;if(M.value.state==="refused")return at(c`<${Kt} words=${M.
value.words} />`);let[t,n]=[qn(),_o()],r=re(()=>{M.value.state==="ended"&&at(c`<${Kt} words=${M.value.words} />`)});try{
await t}catch(s){let o=s instanceof R&&(s.status===0||s.status===429||s.status>=500);return at(c`<${o?cs:Kt} words=${A(s)} />`)}finally{
r()}Oo(),as(e.build),at(c`<${ls} />`),Xi(),await n}function Xi(){let e=n=>n.preventDefault();re(()=>{Me.value||ot()?addEventListener(
"beforeunload",e):removeEventListener("beforeunload",e)});let t=M.value.state;re(()=>{let n=M.value.state;n==="signed-in"&&
t==="ended"&&qn().catch(()=>{}),t=n})}var at=e=>vr(e,document.body);Qi().catch(e=>{throw document.getElementById("failed")?.
removeAttribute("hidden"),e});
