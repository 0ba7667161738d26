// Written by `make console`; never changed by hand. Its source: functions/console/source. The licences of others: licences.txt.
var w,pr,fr,fe,on,$t,mr,_t,hr,$n,sn,Ts,tt=Symbol.for("pv"),yt={},bt=[],As=/^m(i|n|o|s|text|space)$/,yn=Array.isArray,bn=bt.
slice,Te=Object.assign;function Se(e){e&&e.parentNode&&e.remove()}function _r(e,t,n){var r,o,s,i={},l=arguments.length;for(s in t)
s=="key"?r=t[s]:s=="ref"&&typeof e!="function"?o=t[s]:i[s]=t[s];return l>2&&(i.children=l>3?bn.call(arguments,2):n),Ke(e,
i,r,o,null)}function Ke(e,t,n,r,o){var s={type:e,props:t,key:n,ref:r,__k:null,__:null,__b:0,__e:null,__c:null,constructor:tt,
__v:o||++pr,__i:-1,__u:0};return!o&&w.vnode&&w.vnode(s),s}function Ne(e){return e.children}function Ye(e,t){this.props=e,
this.context=t,this.__g=0}function me(e,t){if(t==null)return e.__&&me(e.__,e.__i+1);for(var n;t<e.__k.length;t++)if((n=e.
__k[t])&&n.__e)return n.__e;return typeof e.type!="function"||e.props.__P?null:me(e)}function Es(e){var t,n=e.__v,r=n.__e,
o=[],s=[],i=e.__P;i&&((t=Te({constructor:tt},n)).__v=n.__v+1,w.vnode&&w.vnode(t),gn(i,t,n,e.__n,i.namespaceURI,32&n.__u?
[r]:null,o,r||me(n),32&n.__u,s),t.__v=n.__v,t.__.__k[t.__i]=t,wr(o,t,s),n.__=n.__e=null,t.__e!=r&&vr(t))}function vr(e){
if((e=e.__)&&e.__c&&!e.props.__P)return e.__e=null,e.__k.some(function(t){return t&&(e.__e=t.__e)}),vr(e)}function Xn(e){
(8&e.__g||(e.__g|=8,fe.push(e),$t++))&&on==w.debounceRendering||((on=w.debounceRendering)||queueMicrotask)($r)}function $r(){
try{for(var e,t=1;fe.length;)fe.length>t&&fe.sort(mr),e=fe.shift(),t=fe.length,8&e.__g&&Es(e)}finally{($t=fe.length)&&(on||
queueMicrotask)($r)}}function yr(e,t,n,r,o,s,i,l,d,f,u){var h,m,p,_,S,$,y=r.__k||bt,b=t.length;for(d=qs(n,t,y,d,b),h=0;h<
b;h++)(p=n.__k[h])!=null&&(m=~p.__i&&y[p.__i]||yt,p.__i=h,$=gn(e,p,m,o,s,i,l,d,f,u),_=p.__e,(m.ref!=p.ref||8&m.__u)&&(m.
ref&&wn(m.ref,null,p,m),p.ref&&u.push(p.ref,p.__c||_,p)),S=S||_,4&p.__u?(d=br(p,d,e,!m.__v),m.__e&&(m.__e=null)):typeof p.
type=="function"&&$!==void 0?d=$:_&&(d=_.nextSibling),p.__u&=-21);return n.__e=S,d}function qs(e,t,n,r,o){var s,i,l,d,f,
u,h,m,p,_=n.length,S=_,$=0,y=0,b=e.__k=Array(o);for(s=0;s<o;s++)(i=t[s])!=null&&typeof i!="boolean"&&typeof i!="function"?
(typeof i!="object"||i.constructor===String?i=b[s]=Ke(null,i):yn(i)?i=b[s]=Ke(Ne,{children:i}):i.constructor===tt&&i.__b?
i=b[s]=Ke(i.type,i.props,i.key,i.ref,i.__v):b[s]=i,d=s+$,i.__=e,i.__b=e.__b+1,l=null,~(f=i.__i=Os(i,n,d,S))&&(S--,(l=n[f])&&
(l.__u|=2)),l&&l.__v?(i.__u|=16,f==d-1?$--:f==d+1?$++:f!=d&&(f>d?$--:$++,y=1)):(~f||(o>_?$--:o<_&&$++),typeof i.type!="f\
unction"&&(i.__u|=4))):b[s]=null;if(y){for(u=[],h=[],s=0;s<o;s++)if((i=b[s])&&16&i.__u){for($=0,m=u.length;$<m;)u[p=$+m>>
1]<i.__i?$=p+1:m=p;u[$]=i.__i,h[s]=$+1}for($=u.length;s--;)h[s]&&(h[s]==$?$--:b[s].__u|=4)}if(S)for(s=0;s<_;s++)!(l=n[s])||
2&l.__u||(l.__e==r&&(r=me(l)),kn(l,l));return r}function br(e,t,n,r){var o,s,i,l;if(typeof e.type=="function"){if(e.props.
__P)return t;if(o=e.__k)for(s=0;s<o.length;s++)o[s]&&(o[s].__=e,t=br(o[s],t,n,!1));return t}for(t&&!t.parentNode&&(t=me(
e))&&!t.parentNode&&(t=null),i=e.__e,l=t;l&&l.nodeType==8;)l=l.nextSibling;for(i!=l&&(!r&&n.moveBefore&&i.parentNode?n.moveBefore(
i,t):n.insertBefore(i,t||null)),t=i;(t=t&&t.nextSibling)&&t.nodeType==8&&!t.data.startsWith("$s"););return t}function Os(e,t,n,r){
var o,s=e.key,i=e.type,l=t[n],d=l&&!(2&l.__u);if(l===null&&s==null||d&&s==l.key&&i==l.type)return n;if(r>(d?1:0)){for(o=
n-1;o>=0;o--)if((l=t[o])&&!(2&l.__u)&&s==l.key&&i==l.type)return o;for(o=n+1;o<t.length;o++)if((l=t[o])&&!(2&l.__u)&&s==
l.key&&i==l.type)return o}return-1}function er(e,t,n){n==null&&(n=""),t[0]=="-"?e.setProperty(t,n):e[t]=n}function mt(e,t,n,r,o){
var s,i;if(t=="style")if(typeof n=="string")e.style.cssText=n;else{if(typeof r=="string"&&(e.style.cssText=r=""),r)for(t in r)
n&&t in n||er(e.style,t);if(n)for(t in n)r&&n[t]==r[t]||er(e.style,t,n[t])}else if(t[0]=="o"&&t[1]=="n")typeof n!="funct\
ion"&&(n=null),typeof r!="function"&&(r=null),(e.__e||(e.__e={}))[t]=n,n&&r||(i=sn[t]||(sn[t]=Cs(t)),(e.__a||(e.__a={}))[t]=
$n,s=t!=(t=t.replace(hr,"$1")),(t=t.slice(2))[0]<"a"&&(t=t.toLowerCase()),n?e.addEventListener(t,i,s):e.removeEventListener(
t,i,s));else{if(o=="http://www.w3.org/2000/svg")t=t.replace(/xlink(H|:h)/,"h").replace(/sName$/,"s");else if(t!="width"&&
t!="height"&&t!="href"&&t!="list"&&t!="form"&&t!="tabIndex"&&t!="download"&&t!="rowSpan"&&t!="colSpan"&&t!="role"&&t!="p\
opover"&&t in e)try{return void(e[t]=n??"")}catch{}if(typeof n=="function")return;n==null||n===!1&&t[4]!="-"?e.removeAttribute(
t):e.setAttribute(t,t=="popover"&&n==1?"":n)}}function Cs(e){return function(t){var n=this.__e;if(n){if(n=n[e],t[_t]==null)
t[_t]=$n++;else if(t[_t]<this.__a[e])return;return n(w.event?w.event(t):t)}}}function gn(e,t,n,r,o,s,i,l,d,f){var u,h,m,
p,_,S,$,y,b,I,O,nn,Zn,ft,we,Qn,pe,ke,se=t.type;if(t.constructor!==tt)return null;128&n.__u&&(d=32&n.__u,u=n.__c.__z)&&(t.
__u|=d,h=s=[],u.nodeType==8?l=vt(u,s):s.push(u),l=s[0]||l),(u=w.__b)&&u(t);e:if(typeof se=="function"){m=i.length;try{if(y=
t.props,b=(u=se.prototype)&&u.render,I=(u=se.contextType)&&r[u.__c],O=u?I?I.props.value:u.__:r,(p=n.__c)?(t.__c=p,2&p.__g&&
(p.__g|=1)):(b?t.__c=p=new se(y,O):(t.__c=p=new Ye(y,O),p.constructor=se,p.render=Rs),I&&I.sub(p),p.state||(p.state={}),
p.__n=r,p.__g|=8,p.__h=[],p.__k=[]),b&&(p.__s||(p.__s=p.state),se.getDerivedStateFromProps&&(p.__s==p.state&&(p.__s=Te({},
p.__s)),Te(p.__s,se.getDerivedStateFromProps(y,p.__s)))),_=p.props,S=p.state,p.__v=t,n.__c){if(y!==_&&b&&!se.getDerivedStateFromProps&&
p.componentWillReceiveProps&&p.componentWillReceiveProps(y,O),t.__v==n.__v&&!(8&p.__g)||!(4&p.__g)&&p.shouldComponentUpdate&&
p.shouldComponentUpdate(y,p.__s,O)===!1){t.__v!=n.__v&&(p.props=y,p.state=p.__s,p.__g&=-9),t.__e=n.__e,t.__k=n.__k,t.__k.
some(function(Y){Y&&(Y.__=t)}),bt.push.apply(p.__h,p.__k),p.__k=[],p.__h.length&&i.push(p),l=me(n);break e}p.componentWillUpdate&&
p.componentWillUpdate(y,p.__s,O),b&&p.componentDidUpdate&&p.__h.push(function(){p.componentDidUpdate(_,S,$)})}else b&&!se.
getDerivedStateFromProps&&p.componentWillMount&&p.componentWillMount(),b&&p.componentDidMount&&p.__h.push(p.componentDidMount);
p.context=O,p.props=y,p.__P=e,p.__g&=-5,nn=w.__r,Zn=b?25:0;do p.__g&=-9,nn&&nn(t),u=p.render(p.props,p.state=p.__s,p.context);while(8&
p.__g&&++Zn<25);b&&(bt.push.apply(p.__h,p.__k),p.__k=[]),p.state=p.__s,p.getChildContext&&(r=Te({},r,p.getChildContext())),
b&&n.__c&&p.getSnapshotBeforeUpdate&&($=p.getSnapshotBeforeUpdate(_,S)),ft=u&&u.type===Ne&&u.key==null?u.props.children:
u,y.__P&&(u=l,o=(e=y.__P).namespaceURI,d=s=null,n.props&&n.props.__P!=e&&(n.__k.some(function(Y){Y&&kn(Y,Y)}),n.__k=null),
l=n.__k?me(n,0):null),l=yr(e,yn(ft)?ft:[ft],t,n,r,o,s,i,l,d,f),y.__P&&(t.__e=null,l=u),t.__u&=-161,h&&h.some(Se),p.__h.length&&
i.push(p),1&p.__g&&(p.__g&=-4)}catch(Y){if(i.length=m,t.__v=null,d||s)if(Y&&Y.then){if(t.__u|=128|d,s){for(~(pe=s.indexOf(
l||void 0))||(pe=s.length);(ke=s[pe-1])&&ke.nodeType==8;)pe--;for(;pe<s.length;pe++)if(ke=s[pe])if(s[pe]=null,we){if(ke==
Qn)break}else{if(ke.nodeType!=8)break;ke.data.startsWith("$s")&&(Qn=vt(we=ke))}}if(!we){for(;l&&l.nodeType==8&&l.nextSibling;)
l=l.nextSibling;we=l}(u=vt(we=t.__c.__z||(t.__c.__z=we)))?(t.__e=we,l=u):t.__e=l,l=l&&l.nextSibling}else s&&s.some(Se);else
t.__e=n.__e;t.__k||(t.__k=n.__k||[]),Y&&Y.then||gr(t),w.__e(Y,t,n)}}else l=t.__e=js(n.__e,t,n,r,o,s,i,d,f,e);return(u=w.
diffed)&&u(t),l}function vt(e,t){if(e&&e.nodeType==8&&e.data.startsWith("$s"))for(var n=1;e=e.nextSibling;){if(e.nodeType==
8){if(e.data.startsWith("$s"))n++;else if(e.data.startsWith("/$s")&&!--n)return e}t&&t.push(e)}}function gr(e){e&&(e.__c&&
(e.__c.__g|=4),e.__k&&e.__k.some(gr))}function wr(e,t,n){for(var r=0;r<n.length;)wn(n[r++],n[r++],n[r++]);w.__c&&w.__c(t,
e),e.some(function(o){try{e=o.__h,o.__h=[],e.some(function(s){s.call(o)})}catch(s){w.__e(s,o.__v)}})}function js(e,t,n,r,o,s,i,l,d,f){
var u,h,m,p,_,S,$,y,b=n.props||yt,I=t.props,O=t.type;if(O=="svg"?o="http://www.w3.org/2000/svg":O=="math"?o="http://www.\
w3.org/1998/Math/MathML":o||(o="http://www.w3.org/1999/xhtml"),s){for(u=0;u<s.length;u++)if((_=s[u])&&(O?_.localName==O:
_.nodeType==3)){e=_,s[u]=null;break}}if(!e){if(y=f.ownerDocument||document,!O)return y.createTextNode(I);e=y.createElementNS(
o,O,I.is?I:f),l&&(w.__m&&w.__m(t,s),l=!1),s=null}if(O){if(f=O=="template"&&e.content||e,s=O=="textarea"&&I.defaultValue!=
null?null:s&&bn.call(f.childNodes),!l&&s)for(b={},u=0;u<e.attributes.length;u++)b[(_=e.attributes[u]).name]=_.value;for(u in b)
_=b[u],u=="dangerouslySetInnerHTML"?m=_:u=="children"||u in I||u=="value"&&"defaultValue"in I||u=="checked"&&"defaultChe\
cked"in I||mt(e,u,null,_,o);for(u in I)_=I[u],u=="children"?p=_:u=="dangerouslySetInnerHTML"?h=_:u=="value"?S=_:u=="chec\
ked"?$=_:l&&typeof _!="function"||b[u]===_||mt(e,u,_,b[u],o);h?(l||m&&(h.__html==m.__html||h.__html==e.innerHTML)||(e.innerHTML=
h.__html),t.__k=[]):(m&&(e.textContent=""),(O=="foreignObject"||o=="http://www.w3.org/1998/Math/MathML"&&As.test(O))&&(o=
"http://www.w3.org/1999/xhtml"),yr(f,yn(p)?p:[p],t,n,r,o,s,i,s?s[0]:n.__k&&me(n,0),l,d),s&&s.some(Se)),l&&O!="textarea"||
(u="value",O=="progress"&&S==null?e.removeAttribute(u):S==null||S===e[u]&&(O!="progress"||S)||mt(e,u,S,b[u],o),u="checke\
d",$!=null&&$!=e[u]&&mt(e,u,$,b[u],o))}else b===I||l&&e.data==I||(e.data=I);return e}function wn(e,t,n,r){try{typeof e==
"function"?t?t.__x=e(t)||1:r&&(r=r.__c||r.__e)&&(t=r.__x)&&(r.__x=null,typeof t=="function"?t():e(null)):e.current=t}catch(o){
w.__e(o,n)}}function kn(e,t,n){var r,o,s,i;if(w.unmount&&w.unmount(e),!(r=e.ref)||r.current&&r.current!=e.__e||wn(r,null,
t,e),r=e.__c){if(r.componentWillUnmount)try{r.componentWillUnmount()}catch(l){w.__e(l,t)}r.__P=r.__n=null}if(r=e.__k)for(i=
0;i<r.length;i++)r[i]&&kn(r[i],t,typeof e.type!="function"||n&&!e.props.__P);!n&&(r=e.__c)&&(r=r.__z)&&(o=vt(r,s=[]))&&(r==
e.__e&&s.some(Se),Se(o),Se(r)),n||Se(e.__e),e.__e=e.__c=e.__=null}function Rs(e,t,n){return this.constructor(e,n)}function kr(e,t){
var n,r,o,s;w.__&&w.__(e,t),t.nodeType==9&&(t=t.documentElement),r=(n=e&&32&e.__u)?null:t.__k,t.__k=Ke(Ne,{children:[e]}),
o=[],s=[],gn(t,t.__k,r||yt,yt,t.namespaceURI,r?null:t.firstChild?bn.call(t.childNodes):null,o,r?r.__e:t.firstChild,n,s),
wr(o,t.__k,s),t.__k.props.children=null}w={__e:function(e,t,n,r){for(var o,s,i;t=t.__;)if((o=t.__c)&&!(1&o.__g)){o.__g|=
4;try{if((i=(s=o.constructor)&&s.getDerivedStateFromError)&&o.setState(s.getDerivedStateFromError(e)),o.componentDidCatch&&
(o.componentDidCatch(e,r||{}),i=1),i&&8&o.__g)return void(o.__g|=2)}catch(l){e=l}}throw $t=0,e}},pr=0,fr=function(e){return e!=
null&&e.constructor===tt},Ye.prototype.setState=function(e,t){var n=this.__s;n&&n!=this.state||(n=this.__s=Te({},this.state)),
typeof e=="function"&&(e=e(Te({},n),this.props)),e&&(Te(n,e),this.__v&&(t&&this.__k.push(t),Xn(this)))},Ye.prototype.forceUpdate=
function(e){this.__v&&(this.__g|=4,e&&this.__h.push(e),Xn(this))},Ye.prototype.render=Ne,fe=[],$t=0,mr=function(e,t){return e.
__v.__b-t.__v.__b},_t=Symbol(),hr=/(PointerCapture)$|Capture$/i,$n=0,sn={},Ts=0;var Re,N,rn,tr,an=Object.is,gt=0,xr=[],ln=[],
R=w,nr=R.__b,rr=R.__r,or=R.diffed,sr=R.__c,ar=R.unmount,ir=R.__;function jt(e,t){R.__h&&R.__h(N,e,gt||t),gt=0;var n=N.__H||
(N.__H={__:[],__h:[]});return e>=n.__.length&&n.__.push({}),n.__[e]}function Sr(e){return gt=1,Ps(Ar,e)}function Ps(e,t,n){
var r=jt(Re++,2);if(r.t=e,!r.__c&&(r.__=[n?n(t):Ar(void 0,t),function(s){var i=(r.__N||r.__)[0],l=r.t(i,s);an(i,l)||(r.__N=
[l,r.__[1]],r.__c.setState({}))}],r.__c=N,!N.__f)){N.__f=!0;var o=N.shouldComponentUpdate;N.shouldComponentUpdate=function(s,i,l){
var d=this.__H;if(!d)return!0;var f=!1,u=this.props!=s;if(d.__.some(function(m){m.__N&&(f=!0,an(m.__[0],m.__N[0])||(u=!0))}),
o){var h=o.call(this,s,i,l);return f?h||u:h}return!f||u}}return r.__}function L(e,t){var n=jt(Re++,3);!R.__s&&xn(n.__H,t)&&
(n.__P=!0,n.__=e,n.u=t,N.__H.__h.push(n))}function Tr(e,t){var n=jt(Re++,4);!R.__s&&xn(n.__H,t)&&(n.__P=!1,n.__=e,n.u=t,
N.__h.push(n))}function ie(e){return gt=5,nt(function(){return{current:e}},[])}function nt(e,t){var n=jt(Re++,7);return xn(
n.__H,t)&&(n.__=e(),n.__H=t),n.__}function Us(){var e;do{for(;e=ln.shift();)try{Ze(e)}catch(n){R.__e(n,{__:(e=e.__P)&&e.
__v})}for(;e=xr.shift();){var t=e.__H;if(e.__P&&t)try{t.__h.some(Ze),t.__h.some(cn),t.__h=[]}catch(n){t.__h=[],R.__e(n,e.
__v)}}}while(ln.length)}R.__b=function(e){N=null,nr&&nr(e)},R.__=function(e,t){e&&t.__k&&t.__k.__m&&(e.__m=t.__k.__m),ir&&
ir(e,t)},R.__r=function(e){rr&&rr(e),Re=0;var t=(N=e.__c).__H;t&&(rn==N?N.__h=[]:(t.__h.some(Ze),t.__h.some(cn),Re=0),t.
__h=[],t.__.some(function(n){n.__N&&(n.__=n.__N),n.u=n.__N=void 0})),rn=N},R.diffed=function(e){or&&or(e);var t=e.__c;t&&
t.__H&&(t.__H.__h.length&&cr(xr.push(t)),t.__H.__.some(function(n){n.u&&(n.__H=n.u)})),rn=N=null},R.__c=function(e,t){t.
some(function(n){try{n.__h.some(Ze),n.__h=n.__h.filter(function(r){return!r.__||cn(r)})}catch(r){n.__h=[function(){throw r}]}}),
sr&&sr(e,t)},R.unmount=function(e){ar&&ar(e);var t,n,r=e.__c;r&&r.__H&&(r.__H.__.some(function(o){try{if(o.__P&&o.__c){if(n===
void 0){for(n=e.__;n&&(!n.__c||!n.__c.__P);)n=n.__;n=n&&n.__c}o.__P=n,cr(ln.push(o))}else Ze(o)}catch(s){t=s}}),r.__H=void 0,
t&&R.__e(t,r.__v))};var lr=typeof requestAnimationFrame=="function";function Ns(e){var t,n=function(){clearTimeout(r),lr&&
cancelAnimationFrame(t),setTimeout(e)},r=setTimeout(n,35);lr&&(t=requestAnimationFrame(n))}function cr(e){e!=1&&tr==R.requestAnimationFrame||
((tr=R.requestAnimationFrame)||Ns)(Us)}function Ze(e){var t=N,n=e.__c;typeof n=="function"&&(e.__c=void 0,n()),N=t}function cn(e){
var t=N;e.__c=e.__(),N=t}function xn(e,t){return!e||e.length!=t.length||t.some(function(n,r){return!an(n,e[r])})}function Ar(e,t){
return typeof t=="function"?t(e):t}var Ls=Symbol.for("preact-signals");function Rt(){if(ae>1)ae--;else{var e,t=!1;for((function(){
var o=kt;for(kt=void 0;o!==void 0;){var s=o.S;if(s.v===o.v)for(var i=s.t;i!==void 0;i=i.x)i.i===o.i&&(i.i=s.i);o=o.o}})();Xe!==
void 0;){var n=Xe;for(Xe=void 0,wt++;n!==void 0;){var r=n.u;if(n.u=void 0,n.f&=-3,!(8&n.f)&&qr(n))try{n.c()}catch(o){t||
(e=o,t=!0)}n=r}}if(wt=0,ae--,t)throw e}}function Pt(e){if(ae>0)return e();un=++Ds,ae++;try{return e()}finally{Rt()}}var Qe,
A=void 0;function Ut(e){var t=A,n=Qe;A=void 0,Qe=void 0;try{return e()}finally{A=t,Qe=n}}var Xe=void 0,ae=0,wt=0,Ds=0,un=0,
kt=void 0,xt=0;function Er(e){if(A!==void 0){var t=e.n;if(t===void 0||t.t!==A)return t={i:0,S:e,p:A.s,n:void 0,t:A,e:void 0,
x:void 0,r:t},A.s!==void 0&&(A.s.n=t),A.s=t,e.n=t,32&A.f&&e.S(t),t;if(t.i===-1)return t.i=0,t.n!==void 0&&(t.n.p=t.p,t.p!==
void 0&&(t.p.n=t.n),t.p=A.s,t.n=void 0,A.s.n=t,A.s=t),t}}function H(e,t){this.v=e,this.i=0,this.n=void 0,this.t=void 0,this.
l=0,this.W=t?.watched,this.Z=t?.unwatched,this.name=t?.name}H.prototype.brand=Ls;H.prototype.h=function(){return!0};H.prototype.
S=function(e){var t=this,n=this.t;n!==e&&e.e===void 0&&(e.x=n,this.t=e,n!==void 0?n.e=e:Ut(function(){var r;(r=t.W)==null||
r.call(t)}))};H.prototype.U=function(e){var t=this;if(this.t!==void 0){var n=e.e,r=e.x;n!==void 0&&(n.x=r,e.e=void 0),r!==
void 0&&(r.e=n,e.x=void 0),e===this.t&&(this.t=r,r===void 0&&Ut(function(){var o;(o=t.Z)==null||o.call(t)}))}};H.prototype.
subscribe=function(e){var t=this;return le(function(){var n=t.value;Ut(function(){return e(n)})},{name:"sub"})};H.prototype.
valueOf=function(){return this.value};H.prototype.toString=function(){return this.value+""};H.prototype.toJSON=function(){
return this.value};H.prototype.peek=function(){var e=this;return Ut(function(){return e.value})};Object.defineProperty(H.
prototype,"value",{get:function(){var e=Er(this);return e!==void 0&&(e.i=this.i),this.v},set:function(e){if(e!==this.v){
if(wt>100)throw new Error("Cycle detected");(function(n){ae!==0&&wt===0&&n.l!==un&&(n.l=un,kt={S:n,v:n.v,i:n.i,o:kt})})(
this),this.v=e,this.i++,xt++,ae++;try{for(var t=this.t;t!==void 0;t=t.x)t.t.N()}finally{Rt()}}}});function k(e,t){return new H(
e,t)}function qr(e){for(var t=e.s;t!==void 0;t=t.n)if(t.S.i!==t.i||!t.S.h()||t.S.i!==t.i)return!0;return!1}function Or(e){
for(var t=e.s;t!==void 0;t=t.n){var n=t.S.n;if(n!==void 0&&(t.r=n),t.S.n=t,t.i=-1,t.n===void 0){e.s=t;break}}}function Cr(e){
for(var t=e.s,n=void 0;t!==void 0;){var r=t.p;t.i===-1?(t.S.U(t),r!==void 0&&(r.n=t.n),t.n!==void 0&&(t.n.p=r)):n=t,t.S.
n=t.r,t.r!==void 0&&(t.r=void 0),t=r}e.s=n}function Ae(e,t){H.call(this,void 0,t),this.x=e,this.s=void 0,this.g=xt-1,this.
f=4}Ae.prototype=new H;Ae.prototype.h=function(){if(this.f&=-3,1&this.f)return!1;if((36&this.f)==32||(this.f&=-5,this.g===
xt))return!0;if(this.g=xt,this.f|=1,this.i>0&&!qr(this))return this.f&=-2,!0;var e=A;try{Or(this),A=this;var t=this.x();
(16&this.f||this.v!==t||this.i===0)&&(this.v=t,this.f&=-17,this.i++)}catch(n){this.v=n,this.f|=16,this.i++}return A=e,Cr(
this),this.f&=-2,!0};Ae.prototype.S=function(e){if(this.t===void 0){this.f|=36;for(var t=this.s;t!==void 0;t=t.n)t.S.S(t)}
H.prototype.S.call(this,e)};Ae.prototype.U=function(e){if(this.t!==void 0&&(H.prototype.U.call(this,e),this.t===void 0)){
this.f&=-33;for(var t=this.s;t!==void 0;t=t.n)t.S.U(t)}};Ae.prototype.N=function(){if(!(2&this.f)){this.f|=6;for(var e=this.
t;e!==void 0;e=e.x)e.t.N()}};Object.defineProperty(Ae.prototype,"value",{get:function(){if(1&this.f)throw new Error("Cyc\
le detected");var e=Er(this);if(this.h(),e!==void 0&&(e.i=this.i),16&this.f)throw this.v;return this.v}});function Pe(e,t){
return new Ae(e,t)}function jr(e){var t=e.j;if(e.j=void 0,typeof t=="function"){ae++;var n=A;A=void 0;try{t()}catch(r){throw e.
f&=-2,e.f|=8,Sn(e),r}finally{A=n,Rt()}}}function Sn(e){for(var t=e.s;t!==void 0;t=t.n)t.S.U(t);e.x=void 0,e.s=void 0,jr(
e)}function Is(e){if(A!==this)throw new Error("Out-of-order effect");Cr(this),A=e,this.f&=-2;try{8&this.f&&Sn(this)}finally{
Rt()}}function Le(e,t){this.x=e,this.j=void 0,this.s=void 0,this.u=void 0,this.f=32,this.name=t?.name,Qe&&Qe.push(this)}
Le.prototype.c=function(){var e=this.S();try{if(8&this.f||this.x===void 0)return;var t=this.x();typeof t=="function"&&(this.
j=t)}finally{e()}};Le.prototype.S=function(){if(1&this.f)throw new Error("Cycle detected");this.f|=1,this.f&=-9,jr(this),
Or(this),ae++;var e=A;return A=this,Is.bind(this,e)};Le.prototype.N=function(){2&this.f||(this.f|=2,this.u=Xe,Xe=this)};
Le.prototype.d=function(){this.f|=8,1&this.f||Sn(this)};Le.prototype.dispose=function(){this.d()};function le(e,t){var n=new Le(
e,t);try{n.c()}catch(o){throw n.d(),o}var r=n.d.bind(n);return r[Symbol.dispose]=r,r}var Rr,Nt,ht,Ms=typeof window<"u"&&
!!window.__PREACT_SIGNALS_DEVTOOLS__,Pr=[];le(function(){Rr=this.N})();function De(e,t){w[e]=t.bind(null,w[e]||function(){})}
function et(e){if(ht){var t=ht;ht=void 0,t()}ht=e&&e.S()}function Ur(e){var t=this,n=e.data,r=C(n);r.name="ReactiveDom",
r.value=n;var o=nt(function(){for(var l=t,d=t.__v;d=d.__;)if(d.__c){d.__c.__$f|=4;break}var f=Pe(function(){var p=r.value.
value;return p===0?0:p===!0?"":p||""}),u=Pe(function(){return!Array.isArray(f.value)&&!fr(f.value)}),h=le(function(){if(this.
N=Nr,u.value){var p=f.value;l.__v&&l.__v.__e&&l.__v.__e.nodeType===3&&(l.__v.__e.data=p)}}),m=t.__$u.d;return t.__$u.d=function(){
h(),m.call(this)},[u,f]},[]),s=o[0],i=o[1];return s.value?i.peek():i.value}Ur.displayName="ReactiveTextNode";Object.defineProperties(
H.prototype,{constructor:{configurable:!0,value:_r(Ne,null).constructor},type:{configurable:!0,value:Ur},props:{configurable:!0,
get:function(){var e=this;return{data:{get value(){return e.value}}}}},__b:{configurable:!0,value:1}});De("__b",function(e,t){
if(et(),Nt=void 0,typeof t.type=="string"){var n,r=t.props;for(var o in r)if(o!=="children"){var s=r[o];s instanceof H&&
(n||(t.__np=n={}),n[o]=s,r[o]=s.peek())}}e(t)});De("__r",function(e,t){if(e(t),t.type!==Ne){et();var n,r=t.__c;r&&(r.__$f&=
-2,(n=r.__$u)===void 0&&(r.__$u=n=(function(o,s){var i;return le(function(){i=this},{name:s}),i.c=o,i})((function(o){return function(){
var s;Ms&&((s=this.y)==null||s.call(this)),o.__$f|=1,o.setState({})}})(r),typeof t.type=="function"?t.type.displayName||
t.type.name:""))),Nt=r,et(n)}});De("__e",function(e,t,n,r){et(),Nt=void 0,e(t,n,r)});De("diffed",function(e,t){et(),Nt=void 0;
var n;if(typeof t.type=="string"&&(n=t.__e)){var r=t.__np,o=t.props,s=n.U;if(s)for(var i in s){var l=s[i];l===void 0||r&&
i in r||(l.d(),s[i]=void 0)}if(r){s||(s={},n.U=s);for(var d in r){var f=s[d],u=r[d];f===void 0?(f=Hs(n,d,u,o),s[d]=f):f.
o(u,o)}}}e(t)});function Hs(e,t,n,r){var o=t in e&&e.ownerSVGElement===void 0,s=k(n);return{o:function(i,l){s.value=i,r=
l},d:le(function(){this.N=Nr;var i=s.value.value;r[t]!==i&&(r[t]=i,o?e[t]=i:i!=null&&(i!==!1||t[4]==="-")?e.setAttribute(
t,i):e.removeAttribute(t))})}}De("unmount",function(e,t){if(typeof t.type=="string"){var n=t.__e;if(n){var r=n.U;if(r){n.
U=void 0;for(var o in r){var s=r[o];s&&s.d()}}}var i=t.__np;if(i){var l=t.props;for(var d in i)l[d]=i[d]}t.__np=void 0}else{
var f=t.__c;if(f){f.__$f|=8;var u=f.__$u;u&&(f.__$u=void 0,u.d())}}e(t)});De("__h",function(e,t,n,r){r<3&&(t.__$f|=2),e(
t,n,r)});Ye.prototype.shouldComponentUpdate=function(e,t){if(this.__R)return!0;var n=this.__$u,r=n&&n.s!==void 0;for(var o in t)
return!0;if(this.__f||typeof this.u=="boolean"&&this.u===!0){var s=2&this.__$f;if(!(r||s||4&this.__$f)||1&this.__$f)return!0}else if(!(r||
4&this.__$f)||3&this.__$f)return!0;for(var i in e)if(i!=="__source"&&e[i]!==this.props[i])return!0;for(var l in this.props)
if(!(l in e))return!0;return!1};function C(e,t){return nt(function(){return k(e,t)},[])}var Ws=function(e){queueMicrotask(
function(){queueMicrotask(e)})};function Bs(){Pt(function(){for(var e;e=Pr.shift();)Rr.call(e)})}function Nr(){Pr.push(this)===
1&&(w.requestAnimationFrame||Ws)(Bs)}var Lr=function(e,t,n,r){var o;t[0]=0;for(var s=1;s<t.length;s++){var i=t[s++],l=t[s]?
(t[0]|=i?1:2,n[t[s++]]):t[++s];i===3?r[0]=l:i===4?r[1]=Object.assign(r[1]||{},l):i===5?(r[1]=r[1]||{})[t[++s]]=l:i===6?r[1][t[++s]]+=
l+"":i?(o=e.apply(l,Lr(e,l,n,["",null])),r.push(o),l[0]?t[0]|=2:(t[s-2]=0,t[s]=o)):r.push(l)}return r},ur=new Map;function Js(e){
var t=ur.get(this);return t||(t=new Map,ur.set(this,t)),(t=Lr(this,t.get(e)||(t.set(e,t=(function(n){for(var r,o,s=1,i="",
l="",d=[0],f=function(m){s===1&&(m||(i=i.replace(/^\s*\n\s*|\s*\n\s*$/g,"")))?d.push(0,m,i):s===3&&(m||i)?(d.push(3,m,i),
s=2):s===2&&i==="..."&&m?d.push(4,m,0):s===2&&i&&!m?d.push(5,0,!0,i):s>=5&&((i||!m&&s===5)&&(d.push(s,0,i,o),s=6),m&&(d.
push(s,m,0,o),s=6)),i=""},u=0;u<n.length;u++){u&&(s===1&&f(),f(u));for(var h=0;h<n[u].length;h++)r=n[u][h],s===1?r==="<"?
(f(),d=[d],s=3):i+=r:s===4?i==="--"&&r===">"?(s=1,i=""):i=r+i[0]:l?r===l?l="":i+=r:r==='"'||r==="'"?l=r:r===">"?(f(),s=1):
s&&(r==="="?(s=5,o=i,i=""):r==="/"&&(s<5||n[u][h+1]===">")?(f(),s===3&&(d=d[0]),s=d,(d=d[0]).push(2,0,s),s=0):r===" "||r===
"	"||r===`
`||r==="\r"?(f(),s=2):i+=r),s===3&&i==="!--"&&(s=4,d=d[0])}return f(),d})(e)),t),arguments,[])).length>1?t:t[0]}var c=Js.
bind(_r),dn;(typeof navigator>"u"||!navigator.userAgent?.startsWith?.("Mozilla/5.0 "))&&(dn="oauth4webapi/v3.8.8");function Tn(e,t){
if(e==null)return!1;try{return e instanceof t||Object.getPrototypeOf(e)[Symbol.toStringTag]===t.prototype[Symbol.toStringTag]}catch{
return!1}}var ne="ERR_INVALID_ARG_VALUE",he="ERR_INVALID_ARG_TYPE";function M(e,t,n){let r=new TypeError(e,{cause:n});return Object.
assign(r,{code:t}),r}var zs=Symbol(),Fs=Symbol(),Vs=Symbol(),Gs=Symbol(),pn=Symbol(),Ks=new TextEncoder,Ys=new TextDecoder;
function fn(e){return typeof e=="string"?Ks.encode(e):Ys.decode(e)}var mn;Uint8Array.prototype.toBase64?mn=e=>(e instanceof
ArrayBuffer&&(e=new Uint8Array(e)),e.toBase64({alphabet:"base64url",omitPadding:!0})):mn=e=>{e instanceof ArrayBuffer&&(e=
new Uint8Array(e));let t=[];for(let n=0;n<e.byteLength;n+=32768)t.push(String.fromCharCode.apply(null,e.subarray(n,n+32768)));
return btoa(t.join("")).replace(/=/g,"").replace(/\+/g,"-").replace(/\//g,"_")};var hn;Uint8Array.fromBase64?hn=e=>{try{
return Uint8Array.fromBase64(e,{alphabet:"base64url"})}catch(t){throw M("The input to be decoded is not correctly encode\
d.",ne,t)}}:hn=e=>{try{let t=atob(e.replace(/-/g,"+").replace(/_/g,"/").replace(/\s/g,"")),n=new Uint8Array(t.length);for(let r=0;r<
t.length;r++)n[r]=t.charCodeAt(r);return n}catch(t){throw M("The input to be decoded is not correctly encoded.",ne,t)}};
function St(e){return typeof e=="string"?hn(e):mn(e)}var Tt=class extends Error{code;constructor(e,t){super(e,t),this.name=
this.constructor.name,this.code=Na,Error.captureStackTrace?.(this,this.constructor)}},Zs=class extends Error{code;constructor(e,t){
super(e,t),this.name=this.constructor.name,t?.code&&(this.code=t?.code),Error.captureStackTrace?.(this,this.constructor)}};
function v(e,t,n){return new Zs(e,{code:t,cause:n})}function At(e){return!(e===null||typeof e!="object"||Array.isArray(e))}
function Qs(e){Tn(e,Headers)&&(e=Object.fromEntries(e.entries()));let t=new Headers(e??{});if(dn&&!t.has("user-agent")&&
t.set("user-agent",dn),t.has("authorization"))throw M('"options.headers" must not include the "authorization" header nam\
e',ne);return t}function Xs(e,t){if(t!==void 0){if(typeof t=="function"&&(t=t(e.href)),!(t instanceof AbortSignal))throw M(
'"options.signal" must return or be an instance of AbortSignal',he);return t}}function Et(e,t,n,r,o){try{if(typeof e!="n\
umber"||!Number.isFinite(e))throw M(`${n} must be a number`,he,o);if(e>0)return;if(t){if(e!==0)throw M(`${n} must be a n\
on-negative number`,ne,o);return}throw M(`${n} must be a positive number`,ne,o)}catch(s){throw r?v(s.message,r,o):s}}function V(e,t,n,r){
try{if(typeof e!="string")throw M(`${t} must be a string`,he,r);if(e.length===0)throw M(`${t} must not be empty`,ne,r)}catch(o){
throw n?v(o.message,n,r):o}}function Dr(e){ta(e,"application/json")}function ea(e,...t){let n='"response" content-type m\
ust be ';if(t.length>2){let r=t.pop();n+=`${t.join(", ")}, or ${r}`}else t.length===2?n+=`${t[0]} or ${t[1]}`:n+=t[0];return v(
n,Da,e)}function ta(e,t){if(ya(e)!==t)throw ea(e,t)}function Ir(){return St(crypto.getRandomValues(new Uint8Array(32)))}
function An(){return Ir()}function En(){return Ir()}async function Mr(e){return V(e,"codeVerifier"),St(await crypto.subtle.
digest("SHA-256",fn(e)))}function Hr(e){let t=e?.[Fs];return typeof t=="number"&&Number.isFinite(t)?t:0}function Wr(e){let t=e?.[Vs];
return typeof t=="number"&&Number.isFinite(t)&&Math.sign(t)!==-1?t:30}function Br(){return Math.floor(Date.now()/1e3)}function Lt(e){
if(typeof e!="object"||e===null)throw M('"as" must be an object',he);V(e.issuer,'"as.issuer"')}function Dt(e){if(typeof e!=
"object"||e===null)throw M('"client" must be an object',he);V(e.client_id,'"client.client_id"')}function qn(){return(e,t,n,r)=>{
n.set("client_id",t.client_id)}}var na=URL.parse?(e,t)=>URL.parse(e,t):(e,t)=>{try{return new URL(e,t)}catch{return null}};
function ra(e,t){if(t&&e.protocol!=="https:")throw v("only requests to HTTPS are allowed",Ma,e);if(e.protocol!=="https:"&&
e.protocol!=="http:")throw v("only HTTP and HTTPS requests are allowed",Ha,e)}function dr(e,t,n,r){let o;if(typeof e!="s\
tring"||!(o=na(e)))throw v(`authorization server metadata does not contain a valid ${n?`"as.mtls_endpoint_aliases.${t}"`:
`"as.${t}"`}`,e===void 0?Wa:Ba,{attribute:n?`mtls_endpoint_aliases.${t}`:t});return ra(o,r),o}function oa(e,t,n,r){return n&&
e.mtls_endpoint_aliases&&t in e.mtls_endpoint_aliases?dr(e.mtls_endpoint_aliases[t],t,n,r):dr(e[t],t,n,r)}var It=class extends Error{cause;code;error;status;error_description;response;constructor(e,t){
super(e,t),this.name=this.constructor.name,this.code=Ua,this.cause=t.cause,this.error=t.cause.error,this.status=t.response.
status,this.error_description=t.cause.error_description,Object.defineProperty(this,"response",{enumerable:!1,value:t.response}),
Error.captureStackTrace?.(this,this.constructor)}},sa=class extends Error{cause;code;error;error_description;constructor(e,t){
super(e,t),this.name=this.constructor.name,this.code=La,this.cause=t.cause,this.error=t.cause.get("error"),this.error_description=
t.cause.get("error_description")??void 0,Error.captureStackTrace?.(this,this.constructor)}},aa=class extends Error{cause;code;response;status;constructor(e,t){
super(e,t),this.name=this.constructor.name,this.code=Pa,this.cause=t.cause,this.status=t.response.status,this.response=t.
response,Object.defineProperty(this,"response",{enumerable:!1}),Error.captureStackTrace?.(this,this.constructor)}},qt="[\
a-zA-Z0-9!#$%&\\'\\*\\+\\-\\.\\^_`\\|~]+",ia="[a-zA-Z0-9\\-\\._\\~\\+\\/]+={0,2}",la='"((?:[^"\\\\]|\\\\[\\s\\S])*)"',ca="\
("+qt+")\\s*=\\s*"+la,ua="("+qt+")\\s*=\\s*("+qt+")",da=new RegExp("^[,\\s]*("+qt+")"),pa=new RegExp("^[,\\s]*"+ca+"[,\\s\
]*(.*)"),fa=new RegExp("^[,\\s]*"+ua+"[,\\s]*(.*)"),ma=new RegExp("^("+ia+")(?:$|[,\\s])(.*)");function ha(e){if(!Tn(e,Response))
throw M('"response" must be an instance of Response',he);let t=e.headers.get("www-authenticate");if(t===null)return;let n=[],
r=t;for(;r;){let o=r.match(da),s=o?.[1].toLowerCase();if(!s)return;let i=r.substring(o[0].length);if(i&&!i.match(/^[\s,]/))
return;let l=i.match(/^\s+(.*)$/),d=!!l;r=l?l[1]:void 0;let f={},u;if(d)for(;r;){let m,p;if(o=r.match(pa)){[,m,p,r]=o,p.
includes("\\")&&(p=p.replace(/\\([\s\S])/g,"$1")),f[m.toLowerCase()]=p;continue}if(o=r.match(fa)){[,m,p,r]=o,f[m.toLowerCase()]=
p;continue}if(o=r.match(ma)){if(Object.keys(f).length)break;[,u,r]=o;break}return}else r=i||void 0;let h={scheme:s,parameters:f};
u&&(h.token68=u),n.push(h)}if(n.length)return n}async function _a(e){if(e.status>399&&e.status<500){to(e),Dr(e);try{let t=await e.
clone().json();if(At(t)&&typeof t.error=="string"&&t.error.length)return t}catch{}}}async function va(e,t,n){if(e.status!==
t){wa(e);let r;throw(r=await _a(e))?(await e.body?.cancel(),new It("server responded with an error in the response body",
{cause:r,response:e})):v(`"response" is not a conform ${n} response (unexpected HTTP status code)`,Ia,e)}}function $a(e){
if(!Cn.has(e))throw M('"options.DPoP" is not a valid DPoPHandle',ne)}function ya(e){return e.headers.get("content-type")?.
split(";")[0]}async function ba(e,t,n,r,o,s,i){return await n(e,t,o,s),s.set("content-type","application/x-www-form-urle\
ncoded;charset=UTF-8"),(i?.[Gs]||fetch)(r.href,{body:o,headers:Object.fromEntries(s.entries()),method:"POST",redirect:"m\
anual",signal:Xs(r,i?.signal)})}async function Jr(e,t,n,r,o,s){let i=oa(e,"token_endpoint",t.use_mtls_endpoint_aliases,s?.[zs]!==
!0);o.set("grant_type",r);let l=Qs(s?.headers);l.set("accept","application/json"),s?.DPoP!==void 0&&($a(s.DPoP),await s.
DPoP.addProof(i,l,"POST"));let d=await ba(e,t,n,i,o,l,s);return s?.DPoP?.cacheNonce(d,i),d}async function zr(e,t,n,r,o){
Lt(e),Dt(t),V(r,'"refreshToken"');let s=new URLSearchParams(o?.additionalParameters);return s.set("refresh_token",r),Jr(
e,t,n,"refresh_token",s,o)}var Fr=new WeakMap,ga=new WeakMap;function Vr(e){if(!e.id_token)return;let t=Fr.get(e);if(!t)
throw M('"ref" was already garbage collected or did not resolve from the proper sources',ne);return t}async function On(e,t,n,r,o,s){
if(Lt(e),Dt(t),!Tn(n,Response))throw M('"response" must be an instance of Response',he);await va(n,200,"Token Endpoint"),
to(n);let i=await Ga(n);if(V(i.access_token,'"response" body "access_token" property',g,{body:i}),V(i.token_type,'"respo\
nse" body "token_type" property',g,{body:i}),i.token_type=i.token_type.toLowerCase(),i.expires_in!==void 0){let l=typeof i.
expires_in!="number"?parseFloat(i.expires_in):i.expires_in;Et(l,!0,'"response" body "expires_in" property',g,{body:i}),i.
expires_in=l}if(i.refresh_token!==void 0&&V(i.refresh_token,'"response" body "refresh_token" property',g,{body:i}),i.scope!==
void 0&&typeof i.scope!="string")throw v('"response" body "scope" property must be a string',g,{body:i});if(i.id_token!==
void 0){V(i.id_token,'"response" body "id_token" property',g,{body:i});let l=[];t.require_auth_time===!0&&l.push("auth_t\
ime"),t.default_max_age!==void 0&&(Et(t.default_max_age,!0,'"client.default_max_age"'),l.push("auth_time")),r?.length&&l.
push(...r);let{claims:d,jwt:f}=await qa(e,t,i.id_token,l,o);Ca(t,d),Oa(d),ga.set(n,f),Fr.set(i,d)}if(s?.[i.token_type]!==
void 0)s[i.token_type](n,i);else if(i.token_type!=="dpop"&&i.token_type!=="bearer")throw new Tt("unsupported `token_type\
` value",{cause:{body:i}});return i}function wa(e){let t;if(t=ha(e))throw new aa("server responded with a challenge in t\
he WWW-Authenticate HTTP Header",{cause:t,response:e})}async function Gr(e,t,n,r){return On(e,t,n,void 0,r?.[pn],r?.recognizedTokenTypes)}
function ka(e,t){if(Array.isArray(t.claims.aud)){if(!t.claims.aud.includes(e))throw v('unexpected JWT "aud" (audience) c\
laim value',Ue,{expected:e,claims:t.claims,claim:"aud"})}else if(t.claims.aud!==e)throw v('unexpected JWT "aud" (audienc\
e) claim value',Ue,{expected:e,claims:t.claims,claim:"aud"});return t}function xa(e,t){let n=e[Ka]?.(t)??e.issuer;if(t.claims.
iss!==n)throw v('unexpected JWT "iss" (issuer) claim value',Ue,{expected:n,claims:t.claims,claim:"iss"});return t}var Cn=new WeakSet;
function Sa(e){return Cn.add(e),e}var Ta=Symbol();async function Kr(e,t,n,r,o,s,i){if(Lt(e),Dt(t),!Cn.has(r))throw M('"c\
allbackParameters" must be an instance of URLSearchParams obtained from "validateAuthResponse()", or "validateJwtAuthRes\
ponse()',ne);V(o,'"redirectUri"');let l=xe(r,"code");if(!l)throw v('no authorization code in "callbackParameters"',g);let d=new URLSearchParams(
i?.additionalParameters);return d.set("redirect_uri",o),d.set("code",l),s!==Ta&&(V(s,'"codeVerifier"'),d.set("code_verif\
ier",s)),Jr(e,t,n,"authorization_code",d,i)}var Yr={aud:"audience",c_hash:"code hash",client_id:"client id",exp:"expirat\
ion time",iat:"issued at",iss:"issuer",jti:"jwt id",nonce:"nonce",s_hash:"state hash",sub:"subject",ath:"access token ha\
sh",htm:"http method",htu:"http uri",cnf:"confirmation",auth_time:"authentication time"};function Aa(e,t){for(let n of e)
if(t.claims[n]===void 0)throw v(`JWT "${n}" (${Yr[n]}) claim missing`,g,{claims:t.claims});return t}function Ea(e,t){if(typeof t.
claims[e]!="string")throw v(`unexpected JWT "${e}" (${Yr[e]}) claim type`,g,{claims:t.claims});return t}function qa(e,t,n,r,o){
return Ja(n,za.bind(void 0,t.id_token_signed_response_alg,e.id_token_signing_alg_values_supported,"RS256"),Hr(t),Wr(t),o).
then(Aa.bind(void 0,["aud","exp","iat","iss","sub",...r])).then(xa.bind(void 0,e)).then(ka.bind(void 0,t.client_id)).then(
Ea.bind(void 0,"sub"))}function Zr(e,t){if(t===Ct)return t;let n=t===void 0;return n&&(t=e.default_max_age),t===void 0?Ct:
(Et(t,!0,n?'"client.default_max_age"':'"maxAge" argument'),t)}function Oa(e){e.auth_time!==void 0&&Et(e.auth_time,!0,'ID\
 Token "auth_time" (authentication time)',g,{claims:e})}function Qr(e,t,n){if(n===Ct)return;let r=Br()+Hr(e),o=Wr(e);if(t.
auth_time+n<r-o)throw v("too much time has elapsed since the last End-User authentication",vn,{claims:t,now:r,tolerance:o,
claim:"auth_time"})}function Xr(e,t){let n=t===Ot?void 0:t;if(e.nonce!==n)throw v('unexpected ID Token "nonce" claim val\
ue',Ue,{expected:n,claims:e,claim:"nonce"})}function Ca(e,t){if(Array.isArray(t.aud)&&t.aud.length!==1){if(t.azp===void 0)
throw v('ID Token "aud" (audience) claim includes additional untrusted audiences',Ue,{claims:t,claim:"aud"});if(t.azp!==
e.client_id)throw v('unexpected ID Token "azp" (authorized party) claim value',Ue,{expected:e.client_id,claims:t,claim:"\
azp"})}}var Ot=Symbol(),Ct=Symbol();async function eo(e,t,n,r){return typeof r?.expectedNonce=="string"||typeof r?.maxAge==
"number"||r?.requireIdToken?ja(e,t,n,r.expectedNonce,r.maxAge,r[pn],r.recognizedTokenTypes):Ra(e,t,n,r?.maxAge,r?.[pn],r?.
recognizedTokenTypes)}async function ja(e,t,n,r,o,s,i){let l=[];switch(r){case void 0:r=Ot;break;case Ot:break;default:V(
r,'"expectedNonce" argument'),l.push("nonce")}o=Zr(t,o),o!==Ct&&l.push("auth_time");let d=await On(e,t,n,l,s,i);V(d.id_token,
'"response" body "id_token" property',g,{body:d});let f=Vr(d);return Qr(t,f,o),Xr(f,r),d}async function Ra(e,t,n,r,o,s){
let i=await On(e,t,n,void 0,o,s),l=Vr(i);return l&&(Qr(t,l,Zr(t,r)),Xr(l,Ot)),i}var Pa="OAUTH_WWW_AUTHENTICATE_CHALLENGE",
Ua="OAUTH_RESPONSE_BODY_ERROR",Na="OAUTH_UNSUPPORTED_OPERATION",La="OAUTH_AUTHORIZATION_RESPONSE_ERROR",_n="OAUTH_PARSE_\
ERROR",g="OAUTH_INVALID_RESPONSE",Da="OAUTH_RESPONSE_IS_NOT_JSON",Ia="OAUTH_RESPONSE_IS_NOT_CONFORM",Ma="OAUTH_HTTP_REQU\
EST_FORBIDDEN",Ha="OAUTH_REQUEST_PROTOCOL_FORBIDDEN",vn="OAUTH_JWT_TIMESTAMP_CHECK_FAILED",Ue="OAUTH_JWT_CLAIM_COMPARISO\
N_FAILED",Wa="OAUTH_MISSING_SERVER_METADATA",Ba="OAUTH_INVALID_SERVER_METADATA";function to(e){if(e.bodyUsed)throw M('"r\
esponse" body has been used already',ne)}async function Ja(e,t,n,r,o){let{0:s,1:i,length:l}=e.split(".");if(l===5)if(o!==
void 0)e=await o(e),{0:s,1:i,length:l}=e.split(".");else throw new Tt("JWE decryption is not configured",{cause:e});if(l!==
3)throw v("Invalid JWT",g,e);let d;try{d=JSON.parse(fn(St(s)))}catch(h){throw v("failed to parse JWT Header body as base\
64url encoded JSON",_n,h)}if(!At(d))throw v("JWT Header must be a top level object",g,e);if(t(d),d.crit!==void 0)throw new Tt(
'no JWT "crit" header parameter extensions are supported',{cause:{header:d}});let f;try{f=JSON.parse(fn(St(i)))}catch(h){
throw v("failed to parse JWT Payload body as base64url encoded JSON",_n,h)}if(!At(f))throw v("JWT Payload must be a top \
level object",g,e);let u=Br()+n;if(f.exp!==void 0){if(typeof f.exp!="number")throw v('unexpected JWT "exp" (expiration t\
ime) claim type',g,{claims:f});if(f.exp<=u-r)throw v('unexpected JWT "exp" (expiration time) claim value, expiration is \
past current timestamp',vn,{claims:f,now:u,tolerance:r,claim:"exp"})}if(f.iat!==void 0&&typeof f.iat!="number")throw v('\
unexpected JWT "iat" (issued at) claim type',g,{claims:f});if(f.iss!==void 0&&typeof f.iss!="string")throw v('unexpected\
 JWT "iss" (issuer) claim type',g,{claims:f});if(f.nbf!==void 0){if(typeof f.nbf!="number")throw v('unexpected JWT "nbf"\
 (not before) claim type',g,{claims:f});if(f.nbf>u+r)throw v('unexpected JWT "nbf" (not before) claim value',vn,{claims:f,
now:u,tolerance:r,claim:"nbf"})}if(f.aud!==void 0&&typeof f.aud!="string"&&!Array.isArray(f.aud))throw v('unexpected JWT\
 "aud" (audience) claim type',g,{claims:f});return{header:d,claims:f,jwt:e}}function za(e,t,n,r){if(e!==void 0){if(typeof e==
"string"?r.alg!==e:!e.includes(r.alg))throw v('unexpected JWT "alg" header parameter',g,{header:r,expected:e,reason:"cli\
ent configuration"});return}if(Array.isArray(t)){if(!t.includes(r.alg))throw v('unexpected JWT "alg" header parameter',g,
{header:r,expected:t,reason:"authorization server metadata"});return}if(n!==void 0){if(typeof n=="string"?r.alg!==n:typeof n==
"function"?!n(r.alg):!n.includes(r.alg))throw v('unexpected JWT "alg" header parameter',g,{header:r,expected:n,reason:"d\
efault value"});return}throw v('missing client or server configuration to verify used JWT "alg" header parameter',void 0,
{client:e,issuer:t,fallback:n})}function xe(e,t){let{0:n,length:r}=e.getAll(t);if(r>1)throw v(`"${t}" parameter must be \
provided only once`,g);return n}var Fa=Symbol(),Va=Symbol();function no(e,t,n,r){if(Lt(e),Dt(t),n instanceof URL&&(n=n.searchParams),
!(n instanceof URLSearchParams))throw M('"parameters" must be an instance of URLSearchParams, or URL',he);if(xe(n,"respo\
nse"))throw v('"parameters" contains a JARM response, use validateJwtAuthResponse() instead of validateAuthResponse()',g,
{parameters:n});let o=xe(n,"iss"),s=xe(n,"state");if(!o&&e.authorization_response_iss_parameter_supported)throw v('respo\
nse parameter "iss" (issuer) missing',g,{parameters:n});if(o&&o!==e.issuer)throw v('unexpected "iss" (issuer) response p\
arameter value',g,{expected:e.issuer,parameters:n});switch(r){case void 0:case Va:if(s!==void 0)throw v('unexpected "sta\
te" response parameter encountered',g,{expected:void 0,parameters:n});break;case Fa:break;default:if(V(r,'"expectedState\
" argument'),s!==r)throw v(s===void 0?'response parameter "state" missing':'unexpected "state" response parameter value',
g,{expected:r,parameters:n})}if(xe(n,"error"))throw new sa("authorization response from the server is an error",{cause:n});
let i=xe(n,"id_token"),l=xe(n,"token");if(i!==void 0||l!==void 0)throw new Tt("implicit and hybrid flows are not support\
ed");return Sa(new URLSearchParams(n))}async function Ga(e,t=Dr){let n;try{n=await e.json()}catch(r){throw t(e),v('faile\
d to parse "response" body as JSON',_n,r)}if(!At(n))throw v('"response" body must be a top level object',g,{body:n});return n}
var Ka=Symbol();var ce=new URL("../../../",import.meta.url),st=new URL("../",ce),rt="certflow-sign-in",ao="popup.",ro=6e4,Ya=3600,W=k({state:"\
out",words:"",other:!1}),Z,oo,io=[],so,Rn,ot,Ie=()=>{let e=`${ot.authority}/${ot.tenant}`,t={authorization_endpoint:`${e}\
/oauth2/v2.0/authorize`,token_endpoint:`${e}/oauth2/v2.0/token`};return{issuer:`${e}/v2.0`,...t}},Me=()=>({client_id:ot.
page}),lo=()=>`api://${ot.api}/access_as_user offline_access`;async function co(e){ot=e;let t=new URLSearchParams(location.
hash.slice(1)),n=t.get("state");if(!n||!(t.has("code")||t.has("error")))return Mt();if(history.replaceState(null,"",ce.pathname),
n.startsWith(ao))return new BroadcastChannel(rt).postMessage(t.toString()),close(),!1;let r=JSON.parse(sessionStorage.getItem(
rt)??"null");if(sessionStorage.removeItem(rt),r?.state!==n)return Mt();history.replaceState(null,"",`${ce.pathname}${r.back}`),
dispatchEvent(new HashChangeEvent("hashchange"));try{await _o(t,r)}catch(o){W.value={state:"refused",words:Pn(o),other:!1}}
return!0}async function Mt(e){let t={verifier:An(),state:En()};return sessionStorage.setItem(rt,JSON.stringify({...t,back:location.
hash})),location.assign(await $o(t,e)),!1}function uo(){let e=open("about:blank","certflow-sign-in","popup,width=520,hei\
ght=680");if(!e)return!1;let t={verifier:An(),state:ao+En()};so?.close();let n=so=new BroadcastChannel(rt);return n.onmessage=
async r=>{let o=new URLSearchParams(r.data);if(o.get("state")===t.state){n.close();try{await _o(o,t)}catch(s){W.value={state:"\
ended",words:Pn(s),other:s instanceof Ht}}}},$o(t).then(r=>e.location.href=r),!0}var po=e=>Rn??=fo(e),fo=({tid:e,oid:t,name:n})=>JSON.
stringify([e,t??n]),Ht=class extends Error{};async function Za(e){let t=await fetch(new URL("access",st),{headers:{Authorization:`\
Bearer ${e}`},cache:"no-store"}),n=await t.json();if(!t.ok)throw new Error(n?.error?.message??`${t.status}`);if(fo(n.caller)!==
Rn)throw new Ht("")}async function mo(){for(;;){if(Z&&Z.ends>Date.now())return Z.access;W.value.state==="ended"?await new Promise(
e=>io.push(()=>e(void 0))):await(oo??=Qa().finally(()=>oo=void 0))}}function ho(e,t,n){Z?.access===e&&(n||!Z.refresh?jn(
t):Z={...Z,ends:0})}async function Qa(){if(!Z?.refresh)return jn("");let e=await zr(Ie(),Me(),qn(),Z.refresh,{additionalParameters:{
scope:lo()}});try{vo(await Gr(Ie(),Me(),e))}catch(t){if(!(t instanceof It)||![400,401].includes(t.status))throw t;jn(Pn(
t))}}function jn(e){Z=void 0,W.value={state:"ended",words:e,other:!1}}async function _o(e,t){if(e.has("error"))throw new Error(
e.get("error_description")??`${e.get("error")}`);let n=no(Ie(),Me(),e,t?.state??""),r=await Kr(Ie(),Me(),qn(),n,ce.href,
t?.verifier??""),o=await eo(Ie(),Me(),r);Rn&&await Za(o.access_token),vo(o)}function vo(e){let t=1e3*(e.expires_in??Ya),
n=Date.now()+(t>ro?t-ro:t/2);Z={access:e.access_token,refresh:e.refresh_token??Z?.refresh,ends:n},W.value={state:"signed\
-in",words:"",other:!1};for(let r of io.splice(0))r()}async function $o(e,t){let n=new URL(Ie().authorization_endpoint),
r={client_id:Me().client_id,response_type:"code",response_mode:"fragment",redirect_uri:ce.href,scope:lo(),state:e.state,
code_challenge:await Mr(e.verifier),code_challenge_method:"S256",...t?{prompt:t}:{}};for(let[o,s]of Object.entries(r))n.
searchParams.set(o,s);return n.href}var Pn=e=>e instanceof It?e.error_description??e.error:e instanceof Error?e.message:
`${e}`;var P=class extends Error{constructor(t,n,r){super(n?.error?.message??r),this.status=t,this.body=n,this.reason=n?.reason??
n?.error?.code??""}},Xa=24e4;async function Ee(e,t,{query:n,body:r,headers:o,signal:s,within:i=Xa}={}){let l=new URL(t,st);
for(let[d,f]of Object.entries(n??{}))f&&l.searchParams.set(d,f);for(let d=0;;d++){let f=await mo().catch(bo),u={method:e,
body:r,signal:s??AbortSignal.timeout(i),headers:{...o,Authorization:`Bearer ${f}`}},h=await fetch(l,{...u,cache:"no-stor\
e"}).catch(bo);if(h.status===401){ho(f,(await go(h))?.error?.message??"",d>0);continue}if(h.ok||h.status===304)return h;
throw new P(h.status,await go(h),`${h.status} ${h.statusText}`)}}async function x(e,t,{json:n,...r}={}){let o=n===void 0?
r.body:JSON.stringify(n);return(await Ee(e,t,{...r,body:o,headers:{...n===void 0?void 0:{"Content-Type":"application/jso\
n"},...r.headers}})).json()}var B=(e,t="")=>`vaults/${yo(e.vault)}/certificates/${yo(e.name)}${t}`,yo=e=>encodeURIComponent(
e).replace(/^\.{1,2}$/,"%25$&");function bo(e){throw e instanceof P||e instanceof DOMException&&e.name==="AbortError"?e:
new P(0,void 0,"offline")}async function go(e){try{return await e.json()}catch{return}}var qe=k(null);async function Un(){let e=await x("GET","access");po(e.caller),qe.value=e}var Oe=()=>(qe.value?.caller.name??
"").toLowerCase(),X=e=>(qe.value?.grants??[]).some(t=>t.may?.includes(e)),_e=e=>{let t=Oe();return!!(t&&e&&e.toLowerCase().
match(/[^\s,;<>]+@[^\s,;<>]+/g)?.includes(t))};function Nn(){let[e="",t=""]=location.hash.slice(1).split("?",2),[n="",...r]=e.split("/").filter(Boolean).map(ei);return{
page:n,parts:r,query:new URLSearchParams(t)}}function ei(e){try{return decodeURIComponent(e)}catch{return e}}var E=k(Nn());
addEventListener("hashchange",()=>E.value=Nn());function ee(e,t=[],n={}){let r=Object.entries(n).filter(([,s])=>s),o=new URLSearchParams(
r).toString();return`#/${[e,...t].map(encodeURIComponent).join("/")}${o&&`?${o}`}`}var ve=e=>location.assign(e);function z(e){
let{page:t,parts:n,query:r}=E.value,o={...Object.fromEntries(r),...e};history.replaceState(null,"",ee(t,n,o)),E.value=Nn()}
var J=e=>ee("request",[e.vault,e.name,e.request_id]);var Dn=["stalled","failed","your-turn","in-progress","asked","done","cancelled"],ti=12e3,ni=3e4,G=k(null),Q=k({at:0,problem:null}),
U=k(Date.now()),re=Pe(()=>G.value?si(G.value):[]),Wt="",Ln,Bt;function wo(){return document.addEventListener("visibility\
change",()=>document.hidden?clearTimeout(Ln):$e()),$e()}function $e(){return clearTimeout(Ln),Bt??=oi().finally(()=>{Bt=
void 0,document.hidden||(Ln=setTimeout($e,ti))})}var oe=()=>(setTimeout($e,ri),Bt?Bt.then($e):$e()),ri=6e3;async function oi(){
try{let e=await Ee("GET","board",{within:ni,headers:Wt?{"If-None-Match":Wt}:{}}),t=e.status===304?null:await e.json();Pt(
()=>{t&&(G.value=t),U.value=Date.now(),Q.value={at:U.value,problem:null}}),Wt=e.headers.get("ETag")??Wt}catch(e){let t=e instanceof
P?e:new P(0,void 0,`${e}`);Pt(()=>{U.value=Date.now(),Q.value={...Q.value,problem:t}})}}function si(e){let{columns:t,mays:n}=e;
return t.vault.map((r,o)=>{let s=t.name[o]??"",i=t.names[o]??[],l=S=>S[o]??null,[d,f,u,h,m]=[l(t.owner),l(t.signer),l(t.
issuer),l(t.by),l(t.error)],p=[s,r,d,f,u,h,m,...i].join(`
`).toLowerCase(),_=l(t.request_id);return{key:`${r}/${s}/${_}`,vault:r,name:s,request_id:_,state:t.state[o]??"",status:l(
t.status),created:l(t.created),changed:l(t.changed),owner:d,signer:f,issuer:u,next_check:l(t.next_check),quiet_until:l(t.
quiet_until),error_code:l(t.error_code),error:m,names:i,by:h,may:n[t.may[o]??-1]??[],text:p}})}var ai=["your-turn","stal\
led","in-progress","asked"],ue=e=>ai.includes(e.state),Jt=e=>e.issuer==="Unknown"&&ue(e)&&e.request_id!==null,at=(e,t)=>e.
may.includes(t)&&(["read","acknowledge"].includes(t)||!G.value?.vaults[e.vault]?.observed);var ko=[["day",86400],["hour",3600],["minute",60],["second",1]],ii={year:"numeric",month:"short",day:"numeric",hour:"2-d\
igit",minute:"2-digit",timeZoneName:"short"},He={},Ce=xo("en");function xo(e){let t=n=>new Intl.NumberFormat(e,{style:"u\
nit",unit:n,unitDisplay:"long"});return{plural:new Intl.PluralRules(e),number:new Intl.NumberFormat(e),moment:new Intl.DateTimeFormat(
e,ii),day:new Intl.DateTimeFormat(e,{dateStyle:"medium"}),relative:new Intl.RelativeTimeFormat(e,{numeric:"auto"}),units:new Map(
ko.map(([n])=>[n,t(n)]))}}async function So(e){He=await(await fetch(new URL(`../text/${e}.json`,import.meta.url))).json(),
Ce=xo(e),document.documentElement.lang=e}function a(e,t={}){let n=typeof t.count=="number"?`${e}.${Ce.plural.select(t.count)}`:
e,r=He[n]??He[`${e}.other`]??He[e];return r===void 0?(console.error(`no words for ${e}`),e):r.replace(/\{(\w+)\}/g,(o,s)=>typeof t[s]==
"number"?li(t[s]):`${t[s]??""}`)}function To(e,t){let n=o=>[...(He[o]??"").matchAll(/\{(\w+)\}/g)].map(([,s])=>s??""),r=e.
find(o=>ye(o)&&n(o).every(s=>s in t));return r?a(r,t):""}var ye=e=>e in He,li=e=>Ce.number.format(e),j=e=>Ce.moment.format(
new Date(e)),zt=e=>Ce.day.format(new Date(e)),Ao=e=>{let[t,n]=ko.find(([,r])=>Math.abs(e)>=r)??["second",1];return[t,Math.
trunc(e/n)]};function te(e,t){let[n,r]=Ao((new Date(e).getTime()-t)/1e3);return Ce.relative.format(r,n)}var In=(e,t)=>te(
e,Math.max(t,new Date(e).getTime()));function We(e){let[t,n]=Ao(Math.max(0,e));return Ce.units.get(t)?.format(n)??""}var je=k(null),D=k(""),Eo=0;D.subscribe(()=>Eo=performance.now());var qo=()=>{performance.now()-Eo>1500&&(D.value="")},de=e=>je.
value=e,T=e=>e instanceof P?e.status?e.message:a("offline"):e instanceof Error?e.message:`${e}`;function Oo(){let e=ie(null),
t=C({busy:!1,problem:""}),n=je.value;return L(()=>{t.value={busy:!1,problem:""},n&&!e.current?.open&&e.current?.showModal(),
n||e.current?.close(),n||setTimeout(()=>document.activeElement===document.body&&document.querySelector("h1")?.focus())},
[n]),c`<dialog ref=${e} aria-labelledby="question" onClose=${()=>je.value=null}>
    ${n&&c`<form onSubmit=${async o=>{if(o.preventDefault(),!(!n||t.value.busy)){t.value={busy:!0,problem:""};try{D.value=
await n.act()??"",je.value===n&&(je.value=null)}catch(s){je.value===n?t.value={busy:!1,problem:T(s)}:D.value=`${n.title}\
 ${T(s)}`}}}}>
      <h2 id="question">${n.title}</h2>
      <div>${n.text}</div>
      ${t.value.problem&&c`<p class="problem" role="alert" lang="en">${t.value.problem}</p>`}
      <div class="buttons">
        <button type="button" onClick=${()=>je.value=null}>${a("dialog.no")}</button>
        <button class=${n.danger?"danger":"main"} disabled=${t.value.busy}>${n.yes}</button>
      </div>
    </form>`}
  </dialog>`}function it(e,t){let n=document.createElement("a");n.href=URL.createObjectURL(t),n.download=e,n.click(),setTimeout(()=>URL.
revokeObjectURL(n.href),6e4)}async function Ft(e,t){let n=/filename="([^"]+)"/.exec(e.headers.get("Content-Disposition")??
"")?.[1];it(n??t,await e.blob())}var Mn=e=>e.map(t=>`"${t.replace(/^\s*[=+\-@＝＋－＠]|^[\t\r\n]/,"'$&").replace(/[\r\n]+/g,
" ").replace(/"/g,'""')}"`).join(",");var Hn=100,Co=["vault","name","request_id","state","created","changed","owner","signer","issuer","error","by"];function jo({
shown:e,picked:t,clear:n}){let r=t.filter(Jt),o=t.filter(i=>ue(i)&&i.request_id&&at(i,"acknowledge")),s=t.length?t:e;return c`<div class="bulk" role="group" aria-label=${a(
"bulk.title")}>
    <span>${t.length?a("bulk.picked",{count:t.length}):a("bulk.shown",{count:e.length})}</span>
    ${t.length>0&&c`<button class="plain" onClick=${n}>${a("bulk.clear")}</button>`}
    ${r.length>0&&c`<button disabled=${r.length>Hn} title=${r.length>Hn?a("bulk.too-many",{most:Hn}):""}
      onClick=${()=>ci(r)}>${a("bulk.csrs",{count:r.length})}</button>`}
    ${o.length>0&&c`<button onClick=${()=>Wn(o)}>${a("bulk.acknowledge",{count:o.length})}</button>`}
    ${s.length>0&&c`<button onClick=${()=>ui(s)}>${a("bulk.csv")}</button>`}
  </div>`}function ci(e){de({title:a("bulk.csrs",{count:e.length}),text:a("bulk.csrs-text"),yes:a("bulk.save"),act:async()=>Ft(
await Ee("GET","csrs",{query:{request_id:e.map(t=>t.request_id).join(",")}}),"csrs.zip")})}function ui(e){let t=[Mn([...Co]),
...e.map(n=>Mn(Co.map(r=>`${n[r]??""}`)))];it("certflow-requests.csv",new Blob([t.join(`\r
`),`\r
`],{type:"text/csv"}))}function Wn(e){let t=k("7d"),n=k(""),r=[...e];de({title:a("acknowledge.title",{count:e.length}),text:c`<p>${a(
"acknowledge.text")}</p>
      <label for="until">${a("acknowledge.until")}</label>
        <select id="until" onChange=${o=>t.value=o.target.value}>
          ${["1d","3d","7d","14d","30d"].map(o=>c`<option value=${o} selected=${o==="7d"}>${a("acknowledge.days",{count:parseInt(
o,10)})}</option>`)}
        </select>
      <label for="why">${a("acknowledge.why")}</label>
        <input id="why" required maxlength="200" onInput=${o=>n.value=o.target.value} />`,yes:a("acknowledge.yes"),act:async()=>{
let o=[],s=[];for(let i of r)try{await x("POST",B(i,"/pending/acknowledge"),{query:{request_id:i.request_id??""},json:{until:t.
value,why:n.value}})}catch(l){o.push(`${i.name}: ${T(l)}`),s.push(i)}if(r=s,oe(),o.length)throw new Error(o.join(`
`));return a("acknowledge.done",{count:e.length})}})}var Ro=12;function Po({label:e,columns:t,rows:n,keyOf:r,sort:o,onSort:s,selected:i,tone:l}){let d=ie(null),[[f,u],h]=Sr(
[0,40]),m=ie(44);return Tr(()=>{let p=()=>{if(!d.current)return;m.current=parseFloat(getComputedStyle(d.current).getPropertyValue(
"--row"))||44;let _=-d.current.getBoundingClientRect().top/m.current,S=Math.max(0,Math.floor(_)-Ro),$=Math.ceil(_+innerHeight/
m.current)+Ro;h(y=>y[0]===S&&y[1]===$?y:[S,$])};return p(),addEventListener("scroll",p,{passive:!0}),addEventListener("r\
esize",p),()=>{removeEventListener("scroll",p),removeEventListener("resize",p)}},[n.length]),L(()=>{d.current?.style.setProperty(
"height",`${n.length*m.current}px`)}),c`<div role="table" class="table" aria-label=${e} aria-rowcount=${n.length+1} onKeyDown=${mi}>
    <div role="rowgroup" class="head"><div role="row" aria-rowindex="1" class="row">
      ${t.map(p=>c`<${pi} key=${p.name} column=${p} sort=${o} onSort=${s} />`)}
    </div></div>
    <div role="rowgroup" class="body" ref=${d}>
      ${n.slice(f,u).map((p,_)=>{let S=r(p),$=f+_;return c`<div role="row" key=${S} class=${`row ${l?.(p)??""}`} aria-rowindex=${$+
2} data-place=${$}
          aria-selected=${i?i.has(S):void 0} ref=${di($)}>
          ${t.map(y=>c`<div role="cell" key=${y.name} class=${`cell ${y.name}`}>${y.cell(p)}</div>`)}
        </div>`})}
    </div>
  </div>`}var di=e=>t=>{t?.style.setProperty("--place",`${e}`)};function pi({column:e,sort:t,onSort:n}){let{name:r,head:o,
sorted:s}=e;if(!s)return c`<div role="columnheader" class=${`cell ${r}`}>${o}</div>`;let[i,l]=t.startsWith("-")?[t.slice(
1),!0]:[t,!1],d=i!==r?"none":l?"descending":"ascending",f=i===r&&!l?`-${r}`:r;return c`<div role="columnheader" class=${`\
cell ${r}`} aria-sort=${d}>
    <button class="plain" title=${s} onClick=${()=>n(f)}>${o}<span aria-hidden="true">${fi[d]}</span></button>
  </div>`}var fi={none:"",ascending:" ↑",descending:" ↓"};function mi(e){let t={ArrowDown:1,ArrowUp:-1}[e.key],n=e.target instanceof
Element?e.target.closest("[data-place]"):null;if(!t||!(n instanceof HTMLElement)||!(e.target instanceof HTMLAnchorElement))
return;let r=n.parentElement?.querySelector(`[data-place="${Number(n.dataset.place)+t}"] a`);r instanceof HTMLElement&&(e.
preventDefault(),r.focus(),r.scrollIntoView({block:"nearest"}))}var hi={stalled:"▲",failed:"✕","your-turn":"✎","in-progress":"◔",asked:"○",done:"✓",cancelled:"–"},be=({state:e})=>c`<span class=${`\
state ${e}`}><span aria-hidden="true">${hi[e]??"?"}</span> ${a(`state.${e}`)}</span>`;var Bn=Object.fromEntries(Dn.map((e,t)=>[e,t])),Uo={name:e=>e.name.toLowerCase(),vault:e=>e.vault.toLowerCase(),state:e=>Bn[e.
state]??9,age:e=>-Date.parse(e.created??e.changed??""),owner:e=>(e.owner??"￿").toLowerCase(),issuer:e=>(e.issuer??"￿").
toLowerCase()};function _i(e,{state:t,q:n,mine:r,sort:o}){let s=n.toLowerCase().split(/\s+/).filter(Boolean),i=e.filter(
u=>(!t||u.state===t)&&(!r||_e(u.owner)||_e(u.signer)||_e(u.by))&&s.every(h=>u.text.includes(h)));if(!o)return i.sort((u,h)=>(Bn[u.
state]??9)-(Bn[h.state]??9));let[l,d]=o.startsWith("-")?[o.slice(1),-1]:[o,1],f=Object.hasOwn(Uo,l)&&Uo[l]||(()=>0);return i.
sort((u,h)=>d*vi(f(u),f(h)))}var vi=(e,t)=>e<t?-1:e>t?1:0;function No(){let e=E.value.query,t={state:e.get("state")??"",
q:e.get("q")??"",mine:e.get("mine")==="yes",sort:e.get("sort")??""},n=re.value,r=nt(()=>_i(n,t),[n,t.state,t.q,t.mine,t.
sort]),o=C(new Set),s=r.filter(i=>o.value.has(i.key));return c`
    <h1>${a("requests.title")}</h1>
    <${yi} all=${n} by=${t} />
    <div class="tools">
      <label class="search">${a("requests.search")}
        <input type="search" id="search" value=${t.q} placeholder=${a("requests.search-for")}
          onInput=${i=>z({q:i.target.value})} /></label>
      <label class="check"><input type="checkbox" checked=${t.mine}
        onChange=${i=>z({mine:i.target.checked?"yes":""})} /> ${a("requests.mine")}</label>
      ${t.sort&&c`<button class="plain" onClick=${()=>z({sort:""})}>${a("requests.unsorted")}</button>`}
    </div>
    <${jo} shown=${r} picked=${s} clear=${()=>o.value=new Set} />
    ${r.length?c`<${Po} label=${a("requests.title")} rows=${r} keyOf=${i=>i.key} sort=${t.sort}
          onSort=${i=>z({sort:i})} columns=${bi(o,r)} selected=${o.value}
          tone=${i=>i.state} />`:c`<${$i} filtered=${!!n.length} />`}
    ${G.value?.left_out?c`<p class="note">${a("requests.left-out",{count:G.value.left_out})}</p>`:null}`}function $i({filtered:e}){
return G.value?e?c`<p class="empty">${a("requests.no-match")} <button onClick=${()=>z({state:"",q:"",mine:""})}>${a("req\
uests.all")}</button></p>`:c`<p class="empty">${a("requests.none")} ${X("request")&&c`<a href="#/new">${a("nav.new")}</a>`}</p>`:
c`<p class="empty" role="status">${Q.value.problem?"":a("loading")}</p>`}function yi({all:e,by:t}){let n={};for(let r of e)
n[r.state]=(n[r.state]??0)+1;return c`<div class="chips" role="group" aria-label=${a("requests.states")}>
    <button aria-pressed=${!t.state} onClick=${()=>z({state:""})}>${a("requests.all")} <b>${e.length}</b></button>
    ${Dn.map(r=>c`<button key=${r} aria-pressed=${t.state===r}
      onClick=${()=>z({state:t.state===r?"":r})}><${be} state=${r} /> <b>${n[r]??0}</b></button>`)}
  </div>`}function bi(e,t){let n=(s,i)=>{let l=new Set(e.value);for(let d of s)i?l.add(d):l.delete(d);e.value=l},r=t.length>
0&&t.every(s=>e.value.has(s.key)),o=(s,i,l)=>c`<input type="checkbox" aria-label=${s} checked=${i}
      onChange=${d=>n(l,d.target.checked)} />`;return[{name:"pick",head:o(a("requests.pick-all"),r,t.map(s=>s.key)),cell:s=>o(
a("requests.pick",{name:s.name}),e.value.has(s.key),[s.key])},{name:"name",head:a("column.name"),sorted:a("requests.sort"),
cell:gi},{name:"vault",head:a("column.vault"),sorted:a("requests.sort"),cell:s=>s.vault},{name:"state",head:a("column.st\
ate"),sorted:a("requests.sort"),cell:s=>c`<${be} state=${s.state} />`},{name:"age",head:a("column.age"),sorted:a("reques\
ts.sort"),cell:wi},{name:"owner",head:a("column.owner"),sorted:a("requests.sort"),cell:s=>s.owner??a("nobody")},{name:"i\
ssuer",head:a("column.issuer"),sorted:a("requests.sort"),cell:s=>K(s.issuer)},{name:"next",head:a("column.next"),cell:ki}]}
function gi(e){let{name:t,names:n}=e,r=n.filter(s=>s!==t).join(", "),o=r?`${t}: ${r}`:t;return e.request_id?c`<a href=${J(
{...e,request_id:e.request_id})} title=${o}><bdi>${t}</bdi></a>`:c`<span title=${o}><bdi>${t}</bdi></span>`}var K=e=>e===
null?"":e==="Unknown"?a("issuer.own-ca"):e==="Self"?a("issuer.self"):e;function wi(e){let t=e.created;if(!t)return"";let n=!ue(
e)&&e.changed?Date.parse(e.changed):U.value;return c`<time datetime=${t} title=${j(t)}>${We((n-Date.parse(t))/1e3)}</time>`}
function ki(e){return e.error&&e.error_code!=="check-failed"?c`<span class="error" lang="en" title=${e.error}>${e.error}</span>`:
e.changed&&ue(e)?a("next.cancelling"):e.state==="your-turn"&&at(e,"return")?a("next.your-turn"):e.state==="your-turn"?e.
signer?a("next.signer",{signer:e.signer}):a("next.somebody"):e.state==="stalled"&&e.issuer!=="Unknown"?a("next.ask-issue\
r",{issuer:K(e.issuer)}):e.state==="stalled"?at(e,"return")?a("next.your-turn"):a("next.somebody"):e.next_check&&e.state===
"in-progress"?Date.parse(e.next_check)>U.value?a("next.check",{when:te(e.next_check,U.value)}):a("next.check-soon"):e.changed&&
!ue(e)?te(e.changed,U.value):""}var xi=6e4,Do="100",ge="awaiting-approval",lt=k(null),Vt=()=>X("approve")||X("request"),Be=e=>e.may.includes("approve");
async function Je(){lt.value=(await x("GET","approvals",{query:{state:ge,limit:Do}})).value}function Io(){let e=()=>{document.
hidden||Je().catch(()=>{})};e(),setInterval(e,xi)}function Mo(){let e=E.value.query.get("state")==="all",t=C({all:null,problem:""});
L(()=>{(e?x("GET","approvals",{query:{limit:Do}}).then(i=>i.value):Je().then(()=>null)).then(i=>t.value={all:i,problem:""},
i=>t.value={all:null,problem:T(i)})},[e]);let n=e?t.value.all:lt.value,[r,o]=[n?.filter(Be)??[],n?.filter(s=>!Be(s))??[]];
return c`<h1>${a("approvals.title")}</h1>
    <div class="chips" role="group" aria-label=${a("approvals.which")}>
      <button aria-pressed=${!e} onClick=${()=>z({state:""})}>${a("approvals.waiting")} <b>${lt.value?.length??""}</b></button>
      <button aria-pressed=${e} onClick=${()=>z({state:"all"})}>${a("approvals.all")}</button>
    </div>
    ${t.value.problem&&c`<p class="problem" role="alert" lang="en">${t.value.problem}</p>`}
    ${n===null?!t.value.problem&&c`<p class="empty" role="status">${a("loading")}</p>`:c`
      <${Lo} title=${a("approvals.mine")} all=${r} none=${e?"":a("approvals.none-mine")} />
      <${Lo} title=${a(e?"approvals.decided":"approvals.others")} all=${o} none="" />`}`}function Lo({title:e,all:t,none:n}){
return t.length?c`<h2>${e}</h2><ol class="cards">${t.map(r=>c`<${Si} key=${r.id} one=${r} />`)}</ol>`:n&&c`<p class="empty">${n}</p>`}
var Si=({one:e})=>c`<li class="card">
  <h3><a href=${ee("approval",[e.id])}><bdi>${e.name}</bdi></a></h3>
  <p class="outcome"><${Jn} state=${e.state} /></p>
  <dl>
    <dt>${a("column.vault")}</dt><dd>${e.vault}</dd>
    <dt>${a("column.by")}</dt><dd><bdi>${e.asked_by}</bdi></dd>
    <dt>${a("column.waiting")}</dt><dd><time datetime=${e.asked} title=${j(e.asked)}>${e.state===ge?We((U.value-Date.parse(
e.asked))/1e3):te(e.asked,U.value)}</time></dd>
    <dt>${a("column.names")}</dt><dd><bdi>${e.names.join(", ")}</bdi></dd>
    <dt>${a("column.issuer")}</dt><dd>${K(e.policy.issuer)}</dd>
  </dl></li>`,Ti={[ge]:"○",approved:"◔",started:"✓",refused:"✕",expired:"–",withdrawn:"–",failed:"✕"},Ai={
[ge]:"your-turn",started:"done",refused:"failed",failed:"failed"},Jn=({state:e})=>c`<span class=${`state ${Ai[e]??"cance\
lled"}`}><span aria-hidden="true">${Ti[e]??"?"}</span> ${ye(`approval.${e}`)?a(`approval.${e}`):e}</span>`;function Gt(e){let t=[],n=0,r=()=>{for(;n<e;){let o=t.shift();if(!o)return;n++,o().finally(()=>{n--,r()})}};return o=>new Promise(
(s,i)=>{t.push(()=>o().then(s,i)),r()})}var Ei=Uint32Array.from({length:256},(e,t)=>{for(let n=0;n<8;n++)t=t&1?3988292384^t>>>1:t>>>1;return t});function qi(e){
let t=-1;for(let n of e)t=(Ei[(t^n)&255]??0)^t>>>8;return~t>>>0}function zn(e){let t=new DataView(new ArrayBuffer(e.reduce(
(r,[,o])=>r+o,0))),n=0;for(let[r,o]of e)o===2?t.setUint16(n,r,!0):t.setUint32(n,r,!0),n+=o;return new Uint8Array(t.buffer)}
async function Ho(e){let t=[],n=[],r=0;for(let[i,l]of e.entries()){let d=new Uint8Array(await l.arrayBuffer()),f=new TextEncoder().
encode(`${i+1}/${l.name}`),u=[[20,2],[2048,2],[0,2],[0,2],[33,2],[qi(d),4],[d.length,4],[d.length,4],[f.length,2],[0,2]];
t.push(zn([[67324752,4],...u]),f,d),n.push(zn([[33639248,4],[20,2],...u,[0,2],[0,2],[0,2],[0,4],[r,4]]),f),r+=30+f.length+
d.length}let o=new Blob(n).size,s=zn([[101010256,4],[0,2],[0,2],[e.length,2],[e.length,2],[o,4],[r,4],[0,2]]);return new Blob(
[...t,...n,s])}var Yt=40,Oi=3,F=k([]),ze=Pe(()=>F.value.filter(e=>e.step!=="merged").length),Ci=0,ji=Gt(Oi);function Fe(e){if(!X("retur\
n")){D.value=a("drop.not-granted");return}let t=[...e],n=Math.max(0,Yt-F.value.length),r=t.slice(0,n).map(o=>({id:++Ci,file:o,
step:"waiting",report:null,words:""}));F.value=[...F.value,...r],t.length>n&&(D.value=a("drop.too-many",{count:t.length-
n,most:Yt})),E.value.page!=="drop"&&ve("#/drop");for(let o of r)Fn(o.id)}async function Wo(e){let t=await Ho(e.map(n=>n.
file));F.value=F.value.filter(n=>!e.includes(n)),Fe([new File([t],`${e.map(n=>n.file.name.replace(/\.\w+$/,"")).join(" +\
 ").slice(0,100)}.zip`)])}var Bo=e=>F.value=F.value.filter(t=>t.id!==e),Jo=()=>F.value=[],Zt=({step:e,report:t})=>e==="j\
udged"&&t?.outcome==="would-merge"&&t.findings.every(n=>n.severity==="note"),ct=({step:e,report:t})=>e==="judged"&&t?.outcome===
"would-merge",Fn=e=>zo(e,"inspecting","judged","chains/inspect"),Vn=e=>zo(e,"merging","merged","chains");function zo(e,t,n,r){
Kt(e,{step:"waiting",words:"",...n==="judged"&&{report:null}}),ji(async()=>{let o=F.value.find(s=>s.id===e);if(o){Kt(e,{
step:t});try{let s=r==="chains"?{file:Pi(o.file)}:void 0,i=await x("POST",r,{query:s,body:o.file,headers:{"Content-Type":"\
application/octet-stream"}});Kt(e,{step:n==="merged"&&!["merged","already-merged"].includes(i.outcome)?"judged":n,report:i})}catch(s){
Kt(e,{step:"failed",words:T(s)})}n==="merged"&&oe()}})}var Ri=/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{VS}\u034f\u115f\u1160\u2800\u3164\uffa0]/gu,
Pi=({name:e})=>e.replace(Ri,"").trim().slice(-200)||"file",Kt=(e,t)=>F.value=F.value.map(n=>n.id===e?{...n,...t}:n);function Fo(){
let e=t=>{t.dataTransfer?.types.includes("Files")&&(t.preventDefault(),document.body.classList.add("dragging"))};addEventListener(
"dragover",e),addEventListener("dragleave",t=>t.relatedTarget||document.body.classList.remove("dragging")),addEventListener(
"drop",t=>{document.body.classList.remove("dragging"),t.dataTransfer?.files.length&&(t.preventDefault(),Fe(t.dataTransfer.
files))})}var Qt=["RSA 2048","RSA 3072","RSA 4096","EC P-256","EC P-384","EC P-521"],Ve={vault:"",name:"",subject:"",names:"",issuer:"",
key:"RSA 2048",months:"6",owner:"",signer:"",exportable:!1,stored:!1,replace:""},Ui=e=>e.split(/[\s,;]+/).filter(Boolean);
function Xt(e){let n={...{...e.owner.trim()&&{owner:e.owner.trim()},...e.signer.trim()&&{signer:e.signer.trim()}},...e.replace&&
{if_pending:"replace"}};return e.stored?n:{policy:Ni(e),...n}}function Ni(e){let t=Ui(e.names),[n="RSA",r="2048"]=e.key.
split(" "),o=n==="EC"?{kty:"EC",crv:r}:{kty:"RSA",key_size:Number(r)},s=Number(e.months);return{key_props:{exportable:e.
exportable,...o},x509_props:{subject:e.subject.trim()||(t[0]?`CN=${t[0]}`:""),...t.length&&{sans:{dns_names:t}},...s&&{validity_months:s}},
...e.issuer&&{issuer:{name:e.issuer}}}}var Vo=(e,t)=>`curl -X POST '${e}' \\
  -H "Authorization: Bearer $TOKEN" \\
  -d '${JSON.stringify(t,null,2).replaceAll("'","'\\''")}'`;function Go(e){let t=/^[\w.[\]-]+(?=[: ])/.exec(e)?.[0]??"";
return Li.find(([n])=>t===n||t.includes(n))?.[1]??""}var Li=[["sans","names"],["subject","subject"],["validity_months","\
months"],["key_props","key"],["issuer","issuer"],["owner","owner"],["signer","signer"],["name","name"],["vault","vault"]];function Ko({vault:e,take:t}){let n=C({from:"",problem:"",busy:!1}),r=async()=>{n.value={...n.value,problem:"",busy:!0};
try{let{policy:o}=await x("GET",B({vault:e,name:n.value.from}));if(!o)throw new Error(a("new.copy-none"));let s=o.curve?
`EC ${o.curve}`:`RSA ${o.key_size??2048}`;t({names:o.names.join(`
`),subject:o.subject??"",issuer:o.issuer,months:`${o.months??""}`,exportable:o.exportable,...Qt.includes(s)&&{key:s}}),n.
value={...n.value,busy:!1}}catch(o){n.value={...n.value,problem:T(o),busy:!1}}};return c`<div class="copy"><div class="field"><label for="new-copy">${a(
"new.copy")}</label>
      <input id="new-copy" autocomplete="off" spellcheck=${!1} value=${n.value.from} onInput=${o=>n.value={...n.value,from:o.
target.value}} /></div>
    <button type="button" disabled=${!e||!n.value.from||n.value.busy} onClick=${r}>${a("new.copy-take")}</button>
    ${n.value.problem&&c`<span class="problem" role="alert" lang="en">${n.value.problem}</span>`}</div>`}function Yo({of:e,run:t,problem:n,wrong:r,busy:o}){let s=r?c`<p><${Zo} good=${!1} /></p>`:n?c`<p class="problem" lang="en">${T(
n)}</p>`:t?c`<${Ii} of=${e} run=${t} />`:c`<p class="note">${a("new.nothing-yet")}</p>`;return c`<section class="judged" aria-live="polite" aria-busy=${o}><h2>${a(
"new.judged")}</h2>${s}</section>`}var Di=()=>c`<span class="state your-turn"><span aria-hidden="true">○</span> ${a("n\
ew.would-wait")}</span>`,Zo=({good:e})=>c`<span class=${`state ${e?"done":"failed"}`}><span aria-hidden="true">${e?"✓":
"✕"}</span> ${a(e?"new.allowed":"new.not-allowed")}</span>`;function Ii({of:{vault:e,name:t},run:n}){let r=re.value.find(
u=>u.vault===e&&u.name.toLowerCase()===t.toLowerCase()&&ue(u)),o=n.refusal?.reason==="pending"?r:void 0,{policy:s,refusal:i,
approvals:l}=n,d=!!l?.length&&!i&&!n.forbidden?.missing?.length,f=d?null:n.forbidden;return c`
    <p>${d?c`<${Di} />`:c`<${Zo} good=${n.allowed} />`}</p>
    ${[f,i].map(u=>u&&c`<p class="problem" lang="en">${u.message}</p>`)}
    ${o?.request_id&&c`<p><a href=${J({...o,request_id:o.request_id})}>${a("new.see-pending")}</a></p>`}
    ${f?.missing?.map(u=>c`<p class="note">${a("new.missing",{what:u.what,asked:u.asked,granted:u.granted.join(", ")||a(
"nothing")})}</p>`)}
    ${l?.map(u=>c`<p>${a("new.approvals",{count:u.count,by:u.by.join(", ")||a("new.approvers")})}</p>`)}
    <dl class="facts">
      <dt>${a("csr.subject")}</dt><dd><bdi>${s.subject}</bdi></dd>
      <dt>${a("column.names")}</dt><dd><bdi>${Object.values(s.names).flat().join(", ")||a("nothing")}</bdi></dd>
      <dt>${a("column.issuer")}</dt><dd>${K(s.issuer)}</dd>
      <dt>${a("csr.key")}</dt><dd>${s.key.replace(":"," ")}</dd>
      <dt>${a("new.months")}</dt><dd>${s.months}</dd>
    </dl>`}var Mi=400,q=k(Ve),ut=()=>JSON.stringify({...q.value,owner:"",vault:""})!==JSON.stringify({...Ve,owner:"",vault:""}),Qo="",
Gn="";function Xo(){let e=C([]),t=C({run:null,problem:null,busy:!1}),n=C({busy:!1,problem:null});L(()=>{Hi(E.value.query),
x("GET","vaults").then(d=>{e.value=d.value.filter(f=>!f.observed),!q.value.vault&&e.value.length===1&&Ge({vault:e.value[0]?.
vault??""})},d=>n.value={busy:!1,problem:d})},[]);let r=JSON.stringify(q.value);if(L(()=>{if(n.value={...n.value,problem:null},
t.value=q.value.vault&&q.value.name?t.value:{run:null,problem:null,busy:!1},!q.value.vault||!q.value.name)return;let d=new AbortController,
f=setTimeout(async()=>{t.value={...t.value,busy:!0};try{let u=await x("POST",B(q.value,"/create"),{query:{dry_run:"true"},
json:Xt(q.value),signal:d.signal});t.value={run:u,problem:null,busy:!1}}catch(u){u instanceof P&&(t.value={run:null,problem:u,
busy:!1})}},Mi);return()=>{clearTimeout(f),d.abort()}},[r]),!X("request"))return c`<h1>${a("new.title")}</h1><p class="empty">${a(
"new.not-granted")}</p>`;let{run:o,problem:s}=t.value,i=s?Go(s.message):"",l=async d=>{d.preventDefault(),n.value={busy:!0,
problem:null};try{await Wi()}catch(f){n.value={busy:!1,problem:f instanceof P?f:new P(0,void 0,T(f))}}};return c`<h1>${a(
"new.title")}</h1>
    <form class="form" onSubmit=${l}>
      <div><${Bi} vaults=${e.value} wrong=${i} words=${i&&s?s.message:""} /></div>
      <div class="beside"><${Yo} of=${q.value} run=${o} problem=${s} wrong=${!!i} busy=${t.value.busy} />
      ${n.value.problem&&c`<${Ji} problem=${n.value.problem} />`}
      <div class="buttons">
        <button class="main" disabled=${n.value.busy||!q.value.vault||!q.value.name}>${a(q.value.replace?"new.replace":"\
new.start")}</button>
        <button type="button" class="plain" onClick=${()=>q.value={...Ve,owner:Oe()}}>${a("new.clear")}</button>
      </div>
      <${zi} /></div>
    </form>`}var Ge=e=>q.value={...q.value,...e};function Hi(e){e.get("name")?q.value={...Ve,owner:"",vault:e.get("vault")??
"",name:e.get("name")??"",stored:!0,replace:e.get("replace")??""}:!ut()&&!q.value.owner&&Ge({owner:Oe().includes("@")?Oe():
""})}async function Wi(){let e=q.value,t=Xt(e),n=JSON.stringify([e.vault,e.name,t]);n!==Gn&&([Qo,Gn]=[crypto.randomUUID(),
n]),e.replace&&await x("GET",B(e,"/pending"),{query:{request_id:e.replace}});let r=await x("POST",B(e,"/create"),{json:t,
headers:{"Idempotency-Key":Qo}});if(Gn="",q.value={...Ve,owner:e.owner},r.state===ge)return D.value=a("new.waits",{name:e.
name}),await Je().catch(()=>{}),ve(ee("approval",[r.id]));D.value=r.note??a("new.started",{name:e.name}),await oe(),ve(J(
{...e,request_id:r.request_id}))}function Bi({vaults:e,wrong:t,words:n}){let r=q.value,o=e.find(l=>l.vault===r.vault)?.issuers??
[],s=(l,d)=>c`<div class="field"><label for=${`new-${l}`}>${a(`new.${l}`)}</label>
    ${d({id:`new-${l}`,"aria-invalid":t===l?"true":void 0,"aria-describedby":t===l?"wrong":void 0,onInput:f=>Ge({[l]:f.target.
value})})}
    ${t===l&&c`<span id="wrong" class="problem" role="alert" lang="en">${n}</span>`}</div>`,i=(l,d,f=u=>u)=>l.map(u=>c`<option key=${u} value=${u} selected=${u===
d}>${f(u)}</option>`);return c`
    ${s("vault",l=>c`<select required ...${l}><option value="">${a("new.choose")}</option>${i(e.map(d=>d.vault),r.vault)}</select>`)}
    ${s("name",l=>c`<input required autocomplete="off" spellcheck=${!1} value=${r.name} ...${l} />`)}
    <label class="check"><input type="checkbox" checked=${r.stored} onChange=${l=>Ge({stored:l.target.checked})} /> ${a(
"new.stored")}</label>
    ${!r.stored&&c`<fieldset><legend>${a("new.policy")}</legend>
      ${s("names",l=>c`<textarea rows="3" spellcheck=${!1} value=${r.names} ...${l}></textarea>`)}
      ${s("subject",l=>c`<input autocomplete="off" spellcheck=${!1} value=${r.subject} placeholder=${a("new.subject-defa\
ult")} ...${l} />`)}
      ${s("issuer",l=>c`<select required ...${l}><option value="">${a("new.choose")}</option>${i(["Unknown",...o],r.issuer,
d=>K(d))}</select>`)}
      ${s("key",l=>c`<select ...${l}>${i(Qt,r.key)}</select>`)}
      ${s("months",l=>c`<input type="number" min="1" max="1200" inputmode="numeric" value=${r.months} ...${l} />`)}
      <label class="check"><input type="checkbox" checked=${r.exportable} onChange=${l=>Ge({exportable:l.target.checked})} /> ${a(
"new.exportable")}</label>
      <${Ko} vault=${r.vault} take=${Ge} />
    </fieldset>`}
    ${s("owner",l=>c`<input autocomplete="off" value=${r.owner} ...${l} />`)}
    ${s("signer",l=>c`<input autocomplete="off" value=${r.signer} ...${l} />`)}
    ${r.replace&&c`<p class="band warning">${a("new.replace-text")}</p>`}`}function Ji({problem:e}){let t=q.value,n=e.body?.
request_id;return c`<div class="problem" role="alert"><p lang="en">${T(e)}</p>
    ${n&&c`<p><a href=${J({...t,request_id:n})}>${a("new.see-pending")}</a></p>`}</div>`}function zi(){let e=q.value,t=Xt(
e),n=new URL(B({vault:e.vault||"VAULT",name:e.name||"NAME"},"/create"),st).href;return c`<details><summary>${a("new.prev\
iew")}</summary><pre tabindex="0" aria-label=${a("new.preview")}>${Vo(n,t)}</pre></details>`}function ns(){let[e=""]=E.value.parts,t=C({one:null,problem:""}),n=()=>x("GET",rs(e)).then(i=>t.value={one:i,problem:""},
i=>t.value={...t.value,problem:T(i)});L(()=>{n()},[]);let{one:r,problem:o}=t.value,s=i=>(t.value={one:i,problem:""},Promise.
all([Je().catch(()=>{}),oe()]));return c`<p class="crumbs"><a href="#/approvals">${a("approvals.title")}</a></p>
    <h1><bdi>${r?.name??a("approval.title")}</bdi> ${r&&c`<${Jn} state=${r.state} />`}</h1>
    ${o&&c`<p class="problem" role="alert" lang="en">${o}</p>`}
    ${r?c`<${Fi} one=${r} done=${s} reread=${n} /><${Ki} one=${r} /><${Yi} one=${r} />`:!o&&c`<p role="status">${a("load\
ing")}</p>`}`}var rs=(e,t="")=>`approvals/${encodeURIComponent(e).replaceAll(".","%252e")}${t}`;function Fi({one:e,done:t,
reread:n}){let{decided:r}=e;return c`<section class="now" aria-labelledby="now">
    <h2 id="now">${a("now.title")}</h2>
    <p class="sentence">${Vi(e)}</p>
    ${r&&c`<p>${a(r.by?"approval.decided-by":"approval.decided",{when:j(r.at),by:r.by??""})} ${r.reason&&c`<span lang="en">${r.
reason}</span>`}</p>`}
    ${e.error&&c`<p class="error" lang="en">${e.error}</p>`}
    <ul class="needs">${e.needs.map(o=>c`<li>${a("new.approvals",{count:o.approvals,by:o.by.join(", ")||a("new.approvers")})}
      ${o.given.map(s=>c`<span class="note">✓ ${a("approval.given",{by:s.by,when:j(s.at)})}</span>`)}</li>`)}</ul>
    <div class="buttons">
      ${e.may.includes("approve")&&c`<button class="main" onClick=${()=>Gi(e,t,n)}>${a("approval.approve")}</button>`}
      ${e.may.includes("refuse")&&c`<button class="danger" onClick=${()=>es(e,"refuse",t,n)}>${a("approval.refuse")}</button>`}
      ${e.may.includes("withdraw")&&c`<button onClick=${()=>es(e,"withdraw",t,n)}>${a("approval.withdraw")}</button>`}
      ${e.request_id&&c`<a class="button" href=${J({...e,request_id:e.request_id})}>${a("approval.see-request")}</a>`}
      ${!e.request_id&&e.of==="create"&&["refused","expired","withdrawn","failed"].includes(e.state)&&c`<a class="button" href=${ee(
"new")}>${a("act.again")}</a>`}
    </div>
  </section>`}function Vi(e){if(e.state!==ge)return a(ye(`approval.now.${e.state}`)?`approval.now.${e.state}`:"approval.\
now.decided");let t=te(e.expires,U.value);return Be(e)?a("approval.now.mine",{ends:t}):a("approval.now.others",{ends:t})}
var Gi=(e,t,n)=>de({title:a("approval.approve-title",{name:e.name}),text:c`<p>${a("approval.approve-text",{by:e.asked_by})}</p>`,
yes:a("approval.approve-yes"),act:async()=>(await t(await os(e,"approve",{digest:e.digest},n)),a("approval.approved-said",
{name:e.name}))}),es=(e,t,n,r)=>de({title:a(`approval.${t}-title`,{name:e.name}),text:c`<label class="field">${a(t==="re\
fuse"?"approval.why":"approval.why-optional")}
      <textarea id="why" rows="3" maxlength="500" required=${t==="refuse"}></textarea></label>`,yes:a(`approval.${t}-yes`),
danger:!0,act:async()=>{let o=document.getElementById("why").value.trim();return await n(await os(e,t,{...t==="refuse"&&
{digest:e.digest},...o&&{reason:o}},r)),a(`approval.${t}-said`,{name:e.name})}});async function os(e,t,n,r){try{return await x(
"POST",rs(e.id,`/${t}`),{json:n})}catch(o){throw o instanceof P&&o.status===409&&await r(),o}}function Ki({one:e}){let t=Object.
entries(e.difference??{});return t.length?c`<section aria-labelledby="difference"><h2 id="difference">${a("approval.diff\
erence")}</h2>
    <div class="scrolls" tabindex="0" role="region" aria-labelledby="difference"><table class="plain"><thead><tr><th>${a(
"approval.field")}</th><th>${a("approval.before")}</th><th>${a("approval.after")}</th></tr></thead>
    <tbody>${t.map(([n,[r,o]])=>c`<tr><th scope="row">${ye(`field.${n}`)?a(`field.${n}`):n}</th>
      <td><bdi>${ts(r)}</bdi></td><td><bdi>${ts(o)}</bdi></td></tr>`)}</tbody></table></div></section>`:null}function ts(e){
return typeof e=="boolean"?a(e?"yes":"no"):(e!==null&&typeof e=="object"?Object.values(e).flat():[e??""]).join(", ")||a(
"nothing")}function Yi({one:e}){let{policy:t}=e,n=[["column.vault",e.vault],["column.by",e.asked_by],["approval.asked",j(
e.asked)],["approval.expires",j(e.expires)],["column.owner",e.owner??a("nobody")],["csr.subject",t.subject],["column.nam\
es",e.names.join(", ")],["column.issuer",K(t.issuer)],["csr.key",t.key.replace(":"," ")],["new.months",t.months],["appro\
val.digest",e.digest]];return c`<section aria-labelledby="facts"><h2 id="facts">${a("approval.what")}</h2>
    <dl class="facts">${n.filter(([,r])=>r).map(([r,o])=>c`<dt>${a(r)}</dt><dd><bdi>${o}</bdi></dd>`)}</dl>
    <details><summary>${a("approval.body")}</summary><pre tabindex="0" aria-label=${a("approval.body")}>${JSON.stringify(
e.body,null,2)}</pre></details></section>`}function ss({chain:e}){let t=e.at(-1),n=t&&t.issuer!==t.subject,r=e.map((o,s)=>({...o,role:s===0?"leaf":o.issuer===o.subject?
"root":"intermediate"}));return c`<ul class="tree" aria-label=${a("tree.title")}>
    ${n&&c`<li class="missing"><b>${a("tree.missing")}</b> <bdi>${t.issuer}</bdi></li>`}
    ${r.reverse().map(o=>c`<li key=${o.sha256} class=${o.role}>
      <b>${a(`tree.${o.role}`)}</b> <bdi>${o.subject}</bdi> <span class="note">${a("tree.until",{day:zt(o.not_after)})}</span></li>`)}
  </ul>`}function is(){if(!X("return"))return c`<h1>${a("drop.title")}</h1><p class="empty">${a("drop.not-granted")}</p>`;let e=F.
value,t=e.filter(Zt),n=e.filter(o=>o.step==="judged"&&o.report?.outcome!=="would-quarantine"&&!ct(o)&&!ls(o)),r=e.filter(
o=>["waiting","inspecting","merging"].includes(o.step)).length;return c`
    <h1>${a("drop.title")}</h1>
    <label class="zone"><span>${a("drop.here")}</span> <span class="button">${a("drop.choose")}</span>
      <span class="note">${a("drop.kinds",{most:Yt})}</span>
      <input type="file" class="hidden" multiple onChange=${o=>{Fe(o.target.files),o.target.value=""}} /></label>
    ${e.length>0&&c`<div class="tools">
      ${t.length>0&&c`<button class="main" onClick=${()=>t.forEach(o=>Vn(o.id))}>${a("drop.merge-all",{count:t.length})}</button>`}
      ${r===0&&n.length>1&&c`<button onClick=${()=>Wo(n)} title=${a("drop.together-text")}>${a("drop.together",{count:n.
length})}</button>`}
      ${r===0&&c`<button onClick=${Jo}>${a("drop.clear")}</button>`}
      <span role="status">${r?a("drop.busy",{count:r,all:e.length}):a("drop.judged",{count:e.length})}</span>
    </div>`}
    <ol class="cards files">${e.map(o=>c`<${Zi} key=${o.id} one=${o} />`)}</ol>`}function Zi({one:e}){let{file:t,step:n,
report:r,words:o}=e,s=["waiting","inspecting","merging"].includes(n);return c`<li class=${`card ${as(e)}`}>
    <h2><bdi>${t.name}</bdi></h2>
    <p class="outcome"><span class="state">${Xi[as(e)]} ${a(`file.${s?n:Qi(e)}`)}</span></p>
    ${s&&c`<progress aria-label=${a(`file.${n}`)}></progress>`}
    ${o&&c`<p class="problem" role="alert" lang="en">${o}</p>`}
    ${!s&&r&&c`<${el} report=${r} />`}
    <div class="buttons">
      ${ct(e)&&c`<button class="main" aria-label=${a("drop.merge-file",{file:t.name})} onClick=${()=>Vn(e.id)}>${a("drop\
.merge")}</button>`}
      ${(n==="failed"||n==="judged")&&c`<button aria-label=${a("drop.again-file",{file:t.name})} onClick=${()=>Fn(e.id)}>${a(
"drop.again")}</button>`}
      ${!s&&c`<button class="plain" aria-label=${a("drop.away-file",{file:t.name})} onClick=${()=>Bo(e.id)}>${a("drop.aw\
ay")}</button>`}
    </div>
  </li>`}function Qi(e){return e.step==="failed"?e.report?"merge-failed":"failed":ct(e)&&!Zt(e)?"warned":e.report?.outcome??
e.step}var ls=({step:e,report:t})=>e==="judged"&&t?.outcome==="already-merged",as=e=>e.step==="merged"||ls(e)?"done":e.step===
"failed"?"failed":Zt(e)?"clean":ct(e)?"stalled":e.step==="judged"?"failed":"in-progress",Xi={done:"✓",failed:"✕",clean:"\
●",stalled:"▲","in-progress":"◔"};function el({report:e}){let t=e.findings.filter(n=>n.sentence!==e.sentence);return c`
    <p class="sentence" lang="en">${e.sentence}</p>
    ${e.next_step&&c`<p lang="en">${e.next_step}</p>`}
    ${e.leaves.map((n,r)=>c`<div class="leaf" key=${r}>
      ${n.request?c`<p>${a("drop.for")} <a href=${J(n.request)}><bdi>${n.request.name}</bdi></a> (${n.request.vault})</p>`:
c`<p>${a("drop.for-none")} <bdi>${n.subject}</bdi></p>`}
      ${n.chain&&c`<${ss} chain=${n.chain} findings=${n.findings} />`}
    </div>`)}
    ${t.length>0&&c`<ul class="findings">${t.map((n,r)=>c`<li key=${r} class=${n.severity}>
      <b>${a(`severity.${n.severity}`)}</b> <span lang="en">${n.sentence} ${n.next_step}</span></li>`)}</ul>`}`}var ds={r:"requests",s:"sign",d:"drop",n:"new",a:"approvals"},dt=k(!1),cs=!1;function us(e){let t=e.target;if(t instanceof
HTMLElement&&(t.isContentEditable||/^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName))||e.ctrlKey||e.metaKey||e.altKey||document.
querySelector("dialog[open]:not(.keys)"))return;let r=cs?ds[e.key]:void 0;cs=e.key==="g",r?ve(`#/${r}`):e.key==="/"?tl(e):
e.key==="?"?dt.value=!dt.value:e.key==="Escape"&&(dt.value=!1)}function tl(e){e.preventDefault();let t=()=>document.getElementById(
"search");t()||ve("#/requests"),requestAnimationFrame(()=>requestAnimationFrame(()=>t()?.focus()))}function ps(){return L(
()=>(addEventListener("keydown",us),()=>removeEventListener("keydown",us)),[]),dt.value?c`<aside class="keys" aria-label=${a(
"keys.title")}><h2>${a("keys.title")}</h2><dl>
    <dt>/</dt><dd>${a("keys.search")}</dd>
    ${Object.entries(ds).map(([e,t])=>c`<dt>g ${e}</dt><dd>${a(`nav.${t}`)}</dd>`)}
    <dt>↑ ↓</dt><dd>${a("keys.arrows")}</dd><dt>?</dt><dd>${a("keys.this")}</dd>
  </dl><button onClick=${()=>dt.value=!1}>${a("said.close")}</button></aside>`:null}function fs({view:e,reread:t}){let n=e.status==="inProgress",r=e.issuer==="Unknown",o=l=>e.may.includes(l)&&!e.observed,
s=n?e.request_id:e.current,i=async()=>{await Promise.all([t(),oe()])};return c`<div class="buttons">
    ${n&&r&&o("return")&&c`<label class="button main">${a("act.return")}
      <input type="file" class="hidden" multiple onChange=${l=>Fe(l.target.files)} /></label>`}
    ${!n&&!s&&o("request")&&c`<a class=${e.state==="done"?"button":"button main"} href=${ee("new",[],{vault:e.vault,name:e.
name})}>${a(e.state==="done"?"act.next":"act.again")}</a>`}
    ${n&&e.may.includes("acknowledge")&&c`<button onClick=${()=>Wn([e])}>${a("act.acknowledge")}</button>`}
    ${n&&!r&&o("cancel")&&!e.cancel_asked&&c`<button onClick=${()=>nl(e,i)}>${a("act.cancel")}</button>`}
    ${n&&o("delete")&&c`<button class="danger" onClick=${()=>rl(e,i)}>${a("act.delete")}</button>`}
    ${n&&o("request")&&o("delete")&&c`<a class="button" href=${ee("new",[],{vault:e.vault,name:e.name,replace:e.request_id})}>${a(
"act.replace")}</a>`}
  </div>`}var nl=(e,t)=>de({title:a("cancel.title",{name:e.name}),text:c`<p>${a("cancel.text",{issuer:e.issuer})}</p>`,yes:a(
"cancel.yes"),act:async()=>(await x("PATCH",B(e,"/pending"),{query:{request_id:e.request_id},json:{cancellation_requested:!0}}),
await t(),a("cancel.done",{name:e.name}))}),rl=(e,t)=>de({title:a("delete.title",{name:e.name}),text:c`<p>${a(e.issuer===
"Unknown"?"delete.text-own":"delete.text-issuer",{issuer:e.issuer})}</p>`,yes:a("delete.yes"),danger:!0,act:async()=>(await x(
"DELETE",B(e,"/pending"),{query:{request_id:e.request_id}}),await t(),a("delete.done",{name:e.name}))});function ms({view:e}){let t=e.csr,n=async()=>{try{await navigator.clipboard.writeText(t.pem),D.value=a("csr.copied")}catch{
D.value=a("csr.not-copied")}},r=[["csr.subject",t.subject],...Object.entries(t.names).map(([o,s])=>[`csr.${o}`,s.join(",\
 ")]),["csr.key",t.key],["csr.ekus",t.ekus.join(", ")],["csr.usage",t.key_usage.join(", ")],["csr.sha256",t.key_sha256]];
return c`<details class="csr" open=${e.status==="inProgress"&&e.issuer==="Unknown"}>
    <summary><h2>${a("csr.title")}</h2></summary>
    <dl class="facts">${r.filter(([,o])=>o).map(([o,s])=>c`<dt>${a(o)}</dt><dd><bdi>${s}</bdi></dd>`)}</dl>
    <textarea class="pem" readonly rows="8" aria-label=${a("csr.title")} value=${t.pem}></textarea>
    <div class="buttons">
      <button onClick=${n}>${a("csr.copy")}</button>
      <button onClick=${()=>it(`${e.name}.csr`,new Blob([t.pem],{type:"application/x-pem-file"}))}>${a("csr.save")}</button>
    </div>
  </details>`}function _s({view:e,messages:t}){let n=(...m)=>e.history.find(p=>m.includes(p.act)),r=n("created","adopted","replaced"),
[o,s]=[n("asked"),e.history.findLast(m=>m.act==="approved")],i=e.history.find(m=>m.certificate),l=t.filter(m=>m.outcome===
"delivered").at(-1),d=e.status==="inProgress",f=!d&&!i&&e.state!=="done",u=[{key:"asked",at:(o??r)?.at??e.created,who:(o??
r)?.by??e.by},...s?[{key:"approved",at:s.at,who:s.by}]:[],...e.issuer==="Unknown"?[{key:"csr",at:e.csr||!d?e.created:null}]:
[{key:"issuer",at:e.created,who:e.issuer}],{key:"told",at:l?.settled,who:l&&(l.to.join(", ")||l.channel)},...e.issuer===
"Unknown"?[{key:"chain",at:i?.at,who:i?.file?.name}]:[],{key:"merged",at:i?.at??(e.state==="done"?e.changed:null),who:i?.
by}],h=f?-1:u.findIndex(m=>!m.at&&m.key!=="told");return c`<section aria-labelledby="steps"><h2 id="steps">${a("steps.ti\
tle")}</h2><ol class="steps">
    ${u.map((m,p)=>c`<li key=${m.key} class=${m.at?"past":p===h?"next":"future"} aria-current=${p===h?"step":void 0}>
      <b>${a(`steps.${m.key}`)}</b>
      ${m.at?c`<time datetime=${m.at}>${j(m.at)}</time>`:c`<span class="note">${a(f?"steps.never":p===h?"steps.next":m.key===
"told"?"steps.not-yet":"steps.later")}</span>`}
      ${m.at&&m.who&&c`<span class="note"><bdi>${m.who}</bdi></span>`}
    </li>`)}
    ${f&&c`<li class="ended"><${be} state=${e.state} /> ${e.changed&&c`<time datetime=${e.changed}>${j(e.changed)}</time>`}</li>`}
  </ol></section>`}function vs({view:e,messages:t}){let n=e.history.map(s=>({at:s.at,line:c`<b>${hs(`act-done.${s.act}`,
s.act)}</b> ${ol(s)} ${s.note&&c`<span lang="en">${s.note}</span>`} ${sl(s)}`})),r=t.map(s=>({at:s.settled,line:c`<b>${hs(
`outcome.${s.outcome}`,s.outcome)}</b> ${a("history.message",{type:s.type.replace(/^Certflow\./,"").replaceAll(".",": "),
to:s.to.join(", ")||s.channel})} ${s.reason&&c`<span lang="en">${s.reason}</span>`}`})),o=[...n,...r].sort((s,i)=>s.at<i.
at?1:-1);return c`<section aria-labelledby="history"><h2 id="history">${a("history.title")}</h2>
    <ol class="history">${o.map(s=>c`<li><time datetime=${s.at}>${j(s.at)}</time><span>${s.line}</span></li>`)}</ol>
  </section>`}var hs=(e,t)=>ye(e)?a(e):t,ol=e=>e.actor?.kind==="system"?a("history.by-itself"):e.by&&a(e.verified===!1?"\
history.by-unverified":"history.by",{by:e.by}),sl=e=>e.file&&c`<span class="note"><bdi>${e.file.name}</bdi> (SHA-256 ${e.
file.sha256.slice(0,16)}…)</span>`;var al=2e4;function ys(){let[e="",t="",n=""]=E.value.parts,r=C({view:null,messages:[],problem:null}),o=ie(0),s=async()=>{
let u=++o.current,h=m=>{u===o.current&&(r.value={...r.value,...m})};try{let m=await x("GET",B({vault:e,name:t},"/pending\
/view"),{query:{request_id:n}});h({view:m,problem:null});let p=await x("GET","messages",{query:{vault:e,name:t,limit:"10\
0"}});h({messages:p.value.filter(_=>il(_,m))})}catch(m){h({problem:m instanceof P?m:new P(0,void 0,`${m}`)})}},i=JSON.stringify(
re.value.filter(u=>u.vault===e.toLowerCase()&&u.name.toLowerCase()===t.toLowerCase()).map(u=>[u.request_id,u.state,u.changed,
u.owner,u.quiet_until,u.error]));L(()=>{s();let u=setTimeout(s,al);return()=>clearTimeout(u)},[i]);let{view:l,messages:d,
problem:f}=r.value;return l?c`
    <p class="crumbs"><a href="#/requests">${a("requests.title")}</a></p>
    <h1><bdi>${l.name}</bdi> <${be} state=${l.state} /></h1>
    ${f&&c`<p class="band warning" role="status">${a("request.old")} <span lang="en">${T(f)}</span></p>`}
    ${l.key_vault&&c`<p class="band warning" role="status">${ll(l.key_vault)} <span lang="en">${l.key_vault.why}</span></p>`}
    ${l.current&&c`<p class="band">${a("request.another")} <a href=${J({...l,request_id:l.current})}>${a("request.see-an\
other")}</a></p>`}
    <section class="now" aria-labelledby="now">
      <h2 id="now">${a("now.title")}</h2>
      ${l.state==="stalled"&&l.created&&c`<p><${be} state="stalled" /> ${a("request.stalled",{since:te(l.created,U.value)})}</p>`}
      <p class="sentence">${ul(l)}</p>
      ${l.error&&c`<p class="error" lang="en">${l.error.message??l.error.code}</p>`}
      ${l.check_error&&c`<p class="note">${a("request.check-error")} <span lang="en">${l.check_error}</span></p>`}
      <${fs} view=${l} reread=${s} />
    </section>
    <${_s} view=${l} messages=${d} />
    <${pl} view=${l} />
    ${l.csr&&c`<${ms} view=${l} />`}
    <${vs} view=${l} messages=${d} />`:c`<h1><bdi>${t}</bdi></h1>${f?c`<${cl} of=${{vault:e,name:t}} problem=${f} />`:c`<p role="status">${a(
"loading")}</p>`}`}var il=({happened:e},t)=>Date.parse(e)>=Date.parse(t.created??"")-$s&&(t.status==="inProgress"||Date.
parse(e)<=Date.parse(t.changed??"")+$s),$s=2e3,ll=({unreachable_since:e})=>e?a("request.silent-since",{when:j(e)}):a("re\
quest.silent");function cl({of:e,problem:t}){let n=t.body?.request_id;return c`<p class="problem" role="alert" lang="en">${T(
t)}</p>
    ${n&&c`<p><a href=${J({...e,request_id:n})}>${a("request.see-another")}</a></p>`}
    <p><a href=${`#/requests?q=${encodeURIComponent(e.name)}`}>${a("request.all-of-name")}</a></p>`}function ul({what_now:{
code:e,values:t}}){let n=new Set(["since","at","not_after","next_check"]),r=Object.fromEntries(Object.entries(t).map(([o,
s])=>[o,n.has(o)?dl(o,s):s]));return _e(t.signer)&&delete r.signer,"issuer"in r&&(r.issuer=K(r.issuer??null)),To([`now.${e}\
.whole`,`now.${e}`],r)}var dl=(e,t)=>e==="not_after"?zt(t):te(t,U.value);function pl({view:e}){let t=e.certificate,n=[["\
column.vault",e.vault],["column.issuer",K(e.issuer)],["column.owner",e.owner??a("nobody")],["column.signer",e.signer],["\
column.by",e.by&&(e.by_verified===!1?a("request.unverified",{by:e.by}):e.by)],["column.behalf",e.on_behalf_of],["column.\
ca",t?.ca],["column.serial",t?.serial],["column.thumbprint",t?.thumbprint],["column.ends",t?.not_after&&j(t.not_after)],
["column.quiet",e.quiet_until&&`${j(e.quiet_until)}${e.quiet_why?`: ${e.quiet_why}`:""}`]];return c`<section aria-labelledby="facts"><h2 id="facts">${a(
"request.facts")}</h2><dl class="facts">
    ${n.filter(([,r])=>r).map(([r,o])=>c`<dt>${a(r)}</dt><dd><bdi>${o}</bdi></dd>`)}
  </dl></section>`}function bs(){let e=E.value.query.get("whose")==="everybody",t=C({busy:!1,problem:""}),n=re.value.filter(Jt),r=n.filter(
i=>_e(i.signer)),o=e?n:r,s=async()=>{t.value={busy:!0,problem:""};try{await Ft(await Ee("GET","csrs",{query:e?{}:{signer:Oe()}}),
"csrs.zip"),D.value=a("sign.saved",{count:o.length}),t.value={busy:!1,problem:""}}catch(i){t.value={busy:!1,problem:T(i)}}};
return c`
    <h1>${a("sign.title")}</h1>
    <div class="chips" role="group" aria-label=${a("sign.whose")}>
      <button aria-pressed=${!e} onClick=${()=>z({whose:""})}>${a("sign.mine")} <b>${r.length}</b></button>
      <button aria-pressed=${e} onClick=${()=>z({whose:"everybody"})}>${a("sign.everybody")} <b>${n.length}</b></button>
    </div>
    ${o.length>0&&c`<div class="tools">
      <button class="main" disabled=${t.value.busy} onClick=${s}>${a("sign.take",{count:o.length})}</button>
      <a class="button" href="#/drop">${a("sign.return")}</a>
      <span class="note">${a("sign.manifest")}</span>
    </div>`}
    ${t.value.problem&&c`<p class="problem" role="alert" lang="en">${t.value.problem}</p>`}
    ${o.length?c`<ol class="cards">${o.map(i=>c`<${_l} key=${i.key} row=${i} />`)}</ol>`:c`<${fl} others=${n.length} everybody=${e} />`}`}
function fl({others:e,everybody:t}){return G.value?c`<p class="empty">${a("sign.none")} ${!t&&e>0&&a("sign.others",{count:e})}</p>`:
c`<p class="empty" role="status">${Q.value.problem?"":a("loading")}</p>`}var en=new Map,ml=Gt(2),Kn=8,hl=e=>e.slice(0,Kn).
join(", ")+(e.length>Kn?` ${a("sign.more",{count:e.length-Kn})}`:"");function _l({row:e}){let t=e.created??"",n=e.request_id??
"",r=ie(null),o=C(en.get(n)??null);L(()=>{let d=new AbortController,f=async()=>{if(d.signal.aborted||en.has(n))return;let h=await x(
"GET",B(e,"/pending/view"),{query:{request_id:n},signal:d.signal});en.set(n,o.value=h.csr)},u=new IntersectionObserver(([
h])=>{h?.isIntersecting&&(u.disconnect(),ml(f).catch(()=>{}))});return!en.has(n)&&r.current&&u.observe(r.current),()=>{u.
disconnect(),d.abort()}},[n]);let[s,i,l]=[Object.values(o.value?.names??{}).flat(),o.value?.key,o.value?.ekus??[]];return c`<li class="card" ref=${r}>
    <h2><a href=${J({...e,request_id:n})}><bdi>${e.name}</bdi></a></h2>
    <dl>
      <dt>${a("column.vault")}</dt><dd>${e.vault}</dd>
      <dt>${a("column.waiting")}</dt><dd><time datetime=${t} title=${t&&j(t)}>${t?We((U.value-Date.parse(t))/1e3):""}</time></dd>
      <dt>${a("column.names")}</dt><dd><bdi>${hl(s.length?s:e.names)||e.name}</bdi></dd>
      ${i&&c`<dt>${a("csr.key")}</dt><dd>${i}</dd><dt>${a("csr.ekus")}</dt><dd>${l.join(", ")||a("nothing")}</dd>`}
      <dt>${a("column.owner")}</dt><dd>${e.owner??a("nobody")}</dd>
      <dt>${a("column.signer")}</dt><dd>${e.signer??a("nobody")}</dd>
      ${e.by&&c`<dt>${a("column.by")}</dt><dd>${e.by}</dd>`}
    </dl>
  </li>`}var vl=6e5,Yn=k(!1);function gs(e){setInterval(async()=>{if(document.hidden)return;let t=await fetch(new URL("config.jso\
n",ce),{cache:"no-cache"}).then(n=>n.json()).catch(()=>{});t?.build&&t.build!==e&&(Yn.value=!0)},vl)}var ws={requests:No,sign:bs,request:ys,drop:is,new:Xo,approvals:Mo,approval:ns},$l=["requests","sign","drop","new","appr\
ovals"];function ks(){let e=E.value.page||"requests",t=Object.hasOwn(ws,e)?ws[e]:void 0;return L(()=>{qo(),document.title=
`${a(`title.${t?e:"none"}`,{name:E.value.parts[1]??""})} · Certflow`,document.querySelector("h1")?.setAttribute("tabind\
ex","-1"),document.activeElement===document.body&&document.querySelector("h1")?.focus()},[e,E.value.parts.join("/")]),c`
    <a class="skip" href="#main" onClick=${yl}>${a("nav.skip")}</a>
    <header><a class="brand" href="#/requests">Certflow</a>
      <nav aria-label=${a("nav.title")}>${$l.filter(n=>n!=="approvals"||Vt()).map(n=>c`<a key=${n} href=${`#/${n}`} aria-current=${n===
e?"page":void 0}>${a(`nav.${n}`)}${bl(n)}</a>`)}</nav>
      <span class="who" title=${(qe.value?.caller.roles??[]).join(", ")}>${qe.value?.caller.name??""}</span>
    </header>
    <${gl} />
    <div role="status" aria-live="polite">${D.value&&c`<div class="said band"><span>${D.value}</span>
      <button class="plain" onClick=${()=>D.value=""}>${a("said.close")}</button></div>`}</div>
    <main id="main">${t?c`<${t} key=${[e,...E.value.parts,e==="new"&&E.value.query].join("/")} />`:c`<h1>${a("title.none")}</h1><p><a href="#/requests">${a(
"nav.requests")}</a></p>`}</main>
    <${Oo} /><${ps} />`}function yl(e){e.preventDefault(),document.querySelector("h1")?.focus()}function bl(e){if(e==="d\
rop"&&ze.value)return c` <b>${ze.value}</b>`;let t=e==="approvals"?(lt.value??[]).filter(Be).length:0;if(t)return c` <b title=${a(
"nav.mine")}>${t}</b>`;let n=e==="requests"?re.value.filter(r=>r.state==="stalled"||r.state==="failed").length:0;return n?
c` <b title=${a("nav.urgent")}>${n}</b>`:null}function gl(){let e=Object.entries(G.value?.vaults??{}).filter(([,t])=>t.down_since);
return c`<div class="bands">
    ${W.value.state==="ended"&&c`<${wl} />`}
    ${Q.value.problem&&c`<div class="band warning" role="status">${a("band.old")} <span lang="en">${T(Q.value.problem)}</span>
      ${G.value&&a("band.as-of",{when:j(new Date(Q.value.at)),age:In(Q.value.at,U.value)})}
      <button onClick=${$e}>${a("band.again")}</button></div>`}
    ${Yn.value&&c`<div class="band" role="status">${a("band.newer")} <button onClick=${()=>location.reload()}>${a("band.\
reload")}</button></div>`}
    ${e.map(([t,n])=>c`<div key=${t} class="band warning" role="status">
      ${a("band.vault",{vault:t,when:j(n.down_since??""),age:In(n.down_since??"",U.value)})}</div>`)}
  </div>`}function wl(){let e=C(!1),t=ze.value;return c`<div class="band danger" role="alert">
    <p><b>${a("session.ended")}</b> ${t>0?a("session.keeps",{count:t}):a("session.waits")} ${(t>0||ut())&&a("session.rel\
oad")}</p>
    ${W.value.other&&c`<p>${a("session.somebody-else",{name:qe.value?.caller.name??""})}</p>`}
    ${W.value.words&&c`<p class="note" lang="en">${W.value.words}</p>`}
    ${e.value&&c`<p>${a("session.blocked")}</p>`}
    <button class="main" onClick=${()=>e.value=!uo()}>${a("session.again")}</button>
  </div>`}var tn=({words:e})=>c`<main class="plain-page"><h1>${a("refused.title")}</h1>
  <p lang="en">${e}</p><button class="main" onClick=${()=>Mt("select_account")}>${a("refused.again")}</button></main>`,xs=({
words:e})=>c`<main class="plain-page"><h1>${a("away.title")}</h1>
  <p lang="en">${e}</p><button class="main" onClick=${()=>location.reload()}>${a("band.again")}</button></main>`,Ss=({why:e})=>c`<main class="plain-page"><h1>${a(
"without.title")}</h1><p>${a(`without.${e}`)}</p>
  <p>${a("without.api")}</p></main>`;async function kl(){let[e]=await Promise.all([fetch(new URL("config.json",ce)).then(o=>o.json()),So("en")]);if(e.without)
return pt(c`<${Ss} why=${e.without} />`);if(!await co(e))return;if(W.value.state==="refused")return pt(c`<${tn} words=${W.
value.words} />`);let[t,n]=[Un(),wo()],r=le(()=>{W.value.state==="ended"&&pt(c`<${tn} words=${W.value.words} />`)});try{
await t}catch(o){let s=o instanceof P&&(o.status===0||o.status===429||o.status>=500);return pt(c`<${s?xs:tn} words=${T(o)} />`)}finally{
r()}Fo(),gs(e.build),Vt()&&Io(),pt(c`<${ks} />`),xl(),await n}function xl(){let e=n=>n.preventDefault();le(()=>{ze.value||
ut()?addEventListener("beforeunload",e):removeEventListener("beforeunload",e)});let t=W.value.state;le(()=>{let n=W.value.
state;n==="signed-in"&&t==="ended"&&Un().catch(()=>{}),t=n})}var pt=e=>kr(e,document.body);kl().catch(e=>{throw document.
getElementById("failed")?.removeAttribute("hidden"),e});
