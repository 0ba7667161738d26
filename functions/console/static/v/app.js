// Written by `make console`; never changed by hand. Its source: functions/console/source. The licences of others: licences.txt.
var w,fr,mr,me,on,$t,hr,_t,_r,$n,an,qa,tt=Symbol.for("pv"),yt={},bt=[],Oa=/^m(i|n|o|s|text|space)$/,yn=Array.isArray,bn=bt.
slice,Te=Object.assign;function Se(e){e&&e.parentNode&&e.remove()}function vr(e,t,n){var r,o,a,i={},l=arguments.length;for(a in t)
a=="key"?r=t[a]:a=="ref"&&typeof e!="function"?o=t[a]:i[a]=t[a];return l>2&&(i.children=l>3?bn.call(arguments,2):n),Ke(e,
i,r,o,null)}function Ke(e,t,n,r,o){var a={type:e,props:t,key:n,ref:r,__k:null,__:null,__b:0,__e:null,__c:null,constructor:tt,
__v:o||++fr,__i:-1,__u:0};return!o&&w.vnode&&w.vnode(a),a}function Ne(e){return e.children}function Ye(e,t){this.props=e,
this.context=t,this.__g=0}function he(e,t){if(t==null)return e.__&&he(e.__,e.__i+1);for(var n;t<e.__k.length;t++)if((n=e.
__k[t])&&n.__e)return n.__e;return typeof e.type!="function"||e.props.__P?null:he(e)}function Ca(e){var t,n=e.__v,r=n.__e,
o=[],a=[],i=e.__P;i&&((t=Te({constructor:tt},n)).__v=n.__v+1,w.vnode&&w.vnode(t),gn(i,t,n,e.__n,i.namespaceURI,32&n.__u?
[r]:null,o,r||he(n),32&n.__u,a),t.__v=n.__v,t.__.__k[t.__i]=t,kr(o,t,a),n.__=n.__e=null,t.__e!=r&&$r(t))}function $r(e){
if((e=e.__)&&e.__c&&!e.props.__P)return e.__e=null,e.__k.some(function(t){return t&&(e.__e=t.__e)}),$r(e)}function er(e){
(8&e.__g||(e.__g|=8,me.push(e),$t++))&&on==w.debounceRendering||((on=w.debounceRendering)||queueMicrotask)(yr)}function yr(){
try{for(var e,t=1;me.length;)me.length>t&&me.sort(hr),e=me.shift(),t=me.length,8&e.__g&&Ca(e)}finally{($t=me.length)&&(on||
queueMicrotask)(yr)}}function br(e,t,n,r,o,a,i,l,d,f,u){var h,m,p,_,S,$,y=r.__k||bt,b=t.length;for(d=ja(n,t,y,d,b),h=0;h<
b;h++)(p=n.__k[h])!=null&&(m=~p.__i&&y[p.__i]||yt,p.__i=h,$=gn(e,p,m,o,a,i,l,d,f,u),_=p.__e,(m.ref!=p.ref||8&m.__u)&&(m.
ref&&wn(m.ref,null,p,m),p.ref&&u.push(p.ref,p.__c||_,p)),S=S||_,4&p.__u?(d=gr(p,d,e,!m.__v),m.__e&&(m.__e=null)):typeof p.
type=="function"&&$!==void 0?d=$:_&&(d=_.nextSibling),p.__u&=-21);return n.__e=S,d}function ja(e,t,n,r,o){var a,i,l,d,f,
u,h,m,p,_=n.length,S=_,$=0,y=0,b=e.__k=Array(o);for(a=0;a<o;a++)(i=t[a])!=null&&typeof i!="boolean"&&typeof i!="function"?
(typeof i!="object"||i.constructor===String?i=b[a]=Ke(null,i):yn(i)?i=b[a]=Ke(Ne,{children:i}):i.constructor===tt&&i.__b?
i=b[a]=Ke(i.type,i.props,i.key,i.ref,i.__v):b[a]=i,d=a+$,i.__=e,i.__b=e.__b+1,l=null,~(f=i.__i=Ra(i,n,d,S))&&(S--,(l=n[f])&&
(l.__u|=2)),l&&l.__v?(i.__u|=16,f==d-1?$--:f==d+1?$++:f!=d&&(f>d?$--:$++,y=1)):(~f||(o>_?$--:o<_&&$++),typeof i.type!="f\
unction"&&(i.__u|=4))):b[a]=null;if(y){for(u=[],h=[],a=0;a<o;a++)if((i=b[a])&&16&i.__u){for($=0,m=u.length;$<m;)u[p=$+m>>
1]<i.__i?$=p+1:m=p;u[$]=i.__i,h[a]=$+1}for($=u.length;a--;)h[a]&&(h[a]==$?$--:b[a].__u|=4)}if(S)for(a=0;a<_;a++)!(l=n[a])||
2&l.__u||(l.__e==r&&(r=he(l)),kn(l,l));return r}function gr(e,t,n,r){var o,a,i,l;if(typeof e.type=="function"){if(e.props.
__P)return t;if(o=e.__k)for(a=0;a<o.length;a++)o[a]&&(o[a].__=e,t=gr(o[a],t,n,!1));return t}for(t&&!t.parentNode&&(t=he(
e))&&!t.parentNode&&(t=null),i=e.__e,l=t;l&&l.nodeType==8;)l=l.nextSibling;for(i!=l&&(!r&&n.moveBefore&&i.parentNode?n.moveBefore(
i,t):n.insertBefore(i,t||null)),t=i;(t=t&&t.nextSibling)&&t.nodeType==8&&!t.data.startsWith("$s"););return t}function Ra(e,t,n,r){
var o,a=e.key,i=e.type,l=t[n],d=l&&!(2&l.__u);if(l===null&&a==null||d&&a==l.key&&i==l.type)return n;if(r>(d?1:0)){for(o=
n-1;o>=0;o--)if((l=t[o])&&!(2&l.__u)&&a==l.key&&i==l.type)return o;for(o=n+1;o<t.length;o++)if((l=t[o])&&!(2&l.__u)&&a==
l.key&&i==l.type)return o}return-1}function tr(e,t,n){n==null&&(n=""),t[0]=="-"?e.setProperty(t,n):e[t]=n}function mt(e,t,n,r,o){
var a,i;if(t=="style")if(typeof n=="string")e.style.cssText=n;else{if(typeof r=="string"&&(e.style.cssText=r=""),r)for(t in r)
n&&t in n||tr(e.style,t);if(n)for(t in n)r&&n[t]==r[t]||tr(e.style,t,n[t])}else if(t[0]=="o"&&t[1]=="n")typeof n!="funct\
ion"&&(n=null),typeof r!="function"&&(r=null),(e.__e||(e.__e={}))[t]=n,n&&r||(i=an[t]||(an[t]=Pa(t)),(e.__a||(e.__a={}))[t]=
$n,a=t!=(t=t.replace(_r,"$1")),(t=t.slice(2))[0]<"a"&&(t=t.toLowerCase()),n?e.addEventListener(t,i,a):e.removeEventListener(
t,i,a));else{if(o=="http://www.w3.org/2000/svg")t=t.replace(/xlink(H|:h)/,"h").replace(/sName$/,"s");else if(t!="width"&&
t!="height"&&t!="href"&&t!="list"&&t!="form"&&t!="tabIndex"&&t!="download"&&t!="rowSpan"&&t!="colSpan"&&t!="role"&&t!="p\
opover"&&t in e)try{return void(e[t]=n??"")}catch{}if(typeof n=="function")return;n==null||n===!1&&t[4]!="-"?e.removeAttribute(
t):e.setAttribute(t,t=="popover"&&n==1?"":n)}}function Pa(e){return function(t){var n=this.__e;if(n){if(n=n[e],t[_t]==null)
t[_t]=$n++;else if(t[_t]<this.__a[e])return;return n(w.event?w.event(t):t)}}}function gn(e,t,n,r,o,a,i,l,d,f){var u,h,m,
p,_,S,$,y,b,I,C,nn,Qn,ft,we,Xn,fe,ke,ae=t.type;if(t.constructor!==tt)return null;128&n.__u&&(d=32&n.__u,u=n.__c.__z)&&(t.
__u|=d,h=a=[],u.nodeType==8?l=vt(u,a):a.push(u),l=a[0]||l),(u=w.__b)&&u(t);e:if(typeof ae=="function"){m=i.length;try{if(y=
t.props,b=(u=ae.prototype)&&u.render,I=(u=ae.contextType)&&r[u.__c],C=u?I?I.props.value:u.__:r,(p=n.__c)?(t.__c=p,2&p.__g&&
(p.__g|=1)):(b?t.__c=p=new ae(y,C):(t.__c=p=new Ye(y,C),p.constructor=ae,p.render=Na),I&&I.sub(p),p.state||(p.state={}),
p.__n=r,p.__g|=8,p.__h=[],p.__k=[]),b&&(p.__s||(p.__s=p.state),ae.getDerivedStateFromProps&&(p.__s==p.state&&(p.__s=Te({},
p.__s)),Te(p.__s,ae.getDerivedStateFromProps(y,p.__s)))),_=p.props,S=p.state,p.__v=t,n.__c){if(y!==_&&b&&!ae.getDerivedStateFromProps&&
p.componentWillReceiveProps&&p.componentWillReceiveProps(y,C),t.__v==n.__v&&!(8&p.__g)||!(4&p.__g)&&p.shouldComponentUpdate&&
p.shouldComponentUpdate(y,p.__s,C)===!1){t.__v!=n.__v&&(p.props=y,p.state=p.__s,p.__g&=-9),t.__e=n.__e,t.__k=n.__k,t.__k.
some(function(Y){Y&&(Y.__=t)}),bt.push.apply(p.__h,p.__k),p.__k=[],p.__h.length&&i.push(p),l=he(n);break e}p.componentWillUpdate&&
p.componentWillUpdate(y,p.__s,C),b&&p.componentDidUpdate&&p.__h.push(function(){p.componentDidUpdate(_,S,$)})}else b&&!ae.
getDerivedStateFromProps&&p.componentWillMount&&p.componentWillMount(),b&&p.componentDidMount&&p.__h.push(p.componentDidMount);
p.context=C,p.props=y,p.__P=e,p.__g&=-5,nn=w.__r,Qn=b?25:0;do p.__g&=-9,nn&&nn(t),u=p.render(p.props,p.state=p.__s,p.context);while(8&
p.__g&&++Qn<25);b&&(bt.push.apply(p.__h,p.__k),p.__k=[]),p.state=p.__s,p.getChildContext&&(r=Te({},r,p.getChildContext())),
b&&n.__c&&p.getSnapshotBeforeUpdate&&($=p.getSnapshotBeforeUpdate(_,S)),ft=u&&u.type===Ne&&u.key==null?u.props.children:
u,y.__P&&(u=l,o=(e=y.__P).namespaceURI,d=a=null,n.props&&n.props.__P!=e&&(n.__k.some(function(Y){Y&&kn(Y,Y)}),n.__k=null),
l=n.__k?he(n,0):null),l=br(e,yn(ft)?ft:[ft],t,n,r,o,a,i,l,d,f),y.__P&&(t.__e=null,l=u),t.__u&=-161,h&&h.some(Se),p.__h.length&&
i.push(p),1&p.__g&&(p.__g&=-4)}catch(Y){if(i.length=m,t.__v=null,d||a)if(Y&&Y.then){if(t.__u|=128|d,a){for(~(fe=a.indexOf(
l||void 0))||(fe=a.length);(ke=a[fe-1])&&ke.nodeType==8;)fe--;for(;fe<a.length;fe++)if(ke=a[fe])if(a[fe]=null,we){if(ke==
Xn)break}else{if(ke.nodeType!=8)break;ke.data.startsWith("$s")&&(Xn=vt(we=ke))}}if(!we){for(;l&&l.nodeType==8&&l.nextSibling;)
l=l.nextSibling;we=l}(u=vt(we=t.__c.__z||(t.__c.__z=we)))?(t.__e=we,l=u):t.__e=l,l=l&&l.nextSibling}else a&&a.some(Se);else
t.__e=n.__e;t.__k||(t.__k=n.__k||[]),Y&&Y.then||wr(t),w.__e(Y,t,n)}}else l=t.__e=Ua(n.__e,t,n,r,o,a,i,d,f,e);return(u=w.
diffed)&&u(t),l}function vt(e,t){if(e&&e.nodeType==8&&e.data.startsWith("$s"))for(var n=1;e=e.nextSibling;){if(e.nodeType==
8){if(e.data.startsWith("$s"))n++;else if(e.data.startsWith("/$s")&&!--n)return e}t&&t.push(e)}}function wr(e){e&&(e.__c&&
(e.__c.__g|=4),e.__k&&e.__k.some(wr))}function kr(e,t,n){for(var r=0;r<n.length;)wn(n[r++],n[r++],n[r++]);w.__c&&w.__c(t,
e),e.some(function(o){try{e=o.__h,o.__h=[],e.some(function(a){a.call(o)})}catch(a){w.__e(a,o.__v)}})}function Ua(e,t,n,r,o,a,i,l,d,f){
var u,h,m,p,_,S,$,y,b=n.props||yt,I=t.props,C=t.type;if(C=="svg"?o="http://www.w3.org/2000/svg":C=="math"?o="http://www.\
w3.org/1998/Math/MathML":o||(o="http://www.w3.org/1999/xhtml"),a){for(u=0;u<a.length;u++)if((_=a[u])&&(C?_.localName==C:
_.nodeType==3)){e=_,a[u]=null;break}}if(!e){if(y=f.ownerDocument||document,!C)return y.createTextNode(I);e=y.createElementNS(
o,C,I.is?I:f),l&&(w.__m&&w.__m(t,a),l=!1),a=null}if(C){if(f=C=="template"&&e.content||e,a=C=="textarea"&&I.defaultValue!=
null?null:a&&bn.call(f.childNodes),!l&&a)for(b={},u=0;u<e.attributes.length;u++)b[(_=e.attributes[u]).name]=_.value;for(u in b)
_=b[u],u=="dangerouslySetInnerHTML"?m=_:u=="children"||u in I||u=="value"&&"defaultValue"in I||u=="checked"&&"defaultChe\
cked"in I||mt(e,u,null,_,o);for(u in I)_=I[u],u=="children"?p=_:u=="dangerouslySetInnerHTML"?h=_:u=="value"?S=_:u=="chec\
ked"?$=_:l&&typeof _!="function"||b[u]===_||mt(e,u,_,b[u],o);h?(l||m&&(h.__html==m.__html||h.__html==e.innerHTML)||(e.innerHTML=
h.__html),t.__k=[]):(m&&(e.textContent=""),(C=="foreignObject"||o=="http://www.w3.org/1998/Math/MathML"&&Oa.test(C))&&(o=
"http://www.w3.org/1999/xhtml"),br(f,yn(p)?p:[p],t,n,r,o,a,i,a?a[0]:n.__k&&he(n,0),l,d),a&&a.some(Se)),l&&C!="textarea"||
(u="value",C=="progress"&&S==null?e.removeAttribute(u):S==null||S===e[u]&&(C!="progress"||S)||mt(e,u,S,b[u],o),u="checke\
d",$!=null&&$!=e[u]&&mt(e,u,$,b[u],o))}else b===I||l&&e.data==I||(e.data=I);return e}function wn(e,t,n,r){try{typeof e==
"function"?t?t.__x=e(t)||1:r&&(r=r.__c||r.__e)&&(t=r.__x)&&(r.__x=null,typeof t=="function"?t():e(null)):e.current=t}catch(o){
w.__e(o,n)}}function kn(e,t,n){var r,o,a,i;if(w.unmount&&w.unmount(e),!(r=e.ref)||r.current&&r.current!=e.__e||wn(r,null,
t,e),r=e.__c){if(r.componentWillUnmount)try{r.componentWillUnmount()}catch(l){w.__e(l,t)}r.__P=r.__n=null}if(r=e.__k)for(i=
0;i<r.length;i++)r[i]&&kn(r[i],t,typeof e.type!="function"||n&&!e.props.__P);!n&&(r=e.__c)&&(r=r.__z)&&(o=vt(r,a=[]))&&(r==
e.__e&&a.some(Se),Se(o),Se(r)),n||Se(e.__e),e.__e=e.__c=e.__=null}function Na(e,t,n){return this.constructor(e,n)}function xr(e,t){
var n,r,o,a;w.__&&w.__(e,t),t.nodeType==9&&(t=t.documentElement),r=(n=e&&32&e.__u)?null:t.__k,t.__k=Ke(Ne,{children:[e]}),
o=[],a=[],gn(t,t.__k,r||yt,yt,t.namespaceURI,r?null:t.firstChild?bn.call(t.childNodes):null,o,r?r.__e:t.firstChild,n,a),
kr(o,t.__k,a),t.__k.props.children=null}w={__e:function(e,t,n,r){for(var o,a,i;t=t.__;)if((o=t.__c)&&!(1&o.__g)){o.__g|=
4;try{if((i=(a=o.constructor)&&a.getDerivedStateFromError)&&o.setState(a.getDerivedStateFromError(e)),o.componentDidCatch&&
(o.componentDidCatch(e,r||{}),i=1),i&&8&o.__g)return void(o.__g|=2)}catch(l){e=l}}throw $t=0,e}},fr=0,mr=function(e){return e!=
null&&e.constructor===tt},Ye.prototype.setState=function(e,t){var n=this.__s;n&&n!=this.state||(n=this.__s=Te({},this.state)),
typeof e=="function"&&(e=e(Te({},n),this.props)),e&&(Te(n,e),this.__v&&(t&&this.__k.push(t),er(this)))},Ye.prototype.forceUpdate=
function(e){this.__v&&(this.__g|=4,e&&this.__h.push(e),er(this))},Ye.prototype.render=Ne,me=[],$t=0,hr=function(e,t){return e.
__v.__b-t.__v.__b},_t=Symbol(),_r=/(PointerCapture)$|Capture$/i,$n=0,an={},qa=0;var Re,N,rn,nr,sn=Object.is,gt=0,Sr=[],ln=[],
R=w,rr=R.__b,or=R.__r,ar=R.diffed,sr=R.__c,ir=R.unmount,lr=R.__;function jt(e,t){R.__h&&R.__h(N,e,gt||t),gt=0;var n=N.__H||
(N.__H={__:[],__h:[]});return e>=n.__.length&&n.__.push({}),n.__[e]}function Tr(e){return gt=1,La(Er,e)}function La(e,t,n){
var r=jt(Re++,2);if(r.t=e,!r.__c&&(r.__=[n?n(t):Er(void 0,t),function(a){var i=(r.__N||r.__)[0],l=r.t(i,a);sn(i,l)||(r.__N=
[l,r.__[1]],r.__c.setState({}))}],r.__c=N,!N.__f)){N.__f=!0;var o=N.shouldComponentUpdate;N.shouldComponentUpdate=function(a,i,l){
var d=this.__H;if(!d)return!0;var f=!1,u=this.props!=a;if(d.__.some(function(m){m.__N&&(f=!0,sn(m.__[0],m.__N[0])||(u=!0))}),
o){var h=o.call(this,a,i,l);return f?h||u:h}return!f||u}}return r.__}function L(e,t){var n=jt(Re++,3);!R.__s&&xn(n.__H,t)&&
(n.__P=!0,n.__=e,n.u=t,N.__H.__h.push(n))}function Ar(e,t){var n=jt(Re++,4);!R.__s&&xn(n.__H,t)&&(n.__P=!1,n.__=e,n.u=t,
N.__h.push(n))}function ie(e){return gt=5,nt(function(){return{current:e}},[])}function nt(e,t){var n=jt(Re++,7);return xn(
n.__H,t)&&(n.__=e(),n.__H=t),n.__}function Da(){var e;do{for(;e=ln.shift();)try{Ze(e)}catch(n){R.__e(n,{__:(e=e.__P)&&e.
__v})}for(;e=Sr.shift();){var t=e.__H;if(e.__P&&t)try{t.__h.some(Ze),t.__h.some(cn),t.__h=[]}catch(n){t.__h=[],R.__e(n,e.
__v)}}}while(ln.length)}R.__b=function(e){N=null,rr&&rr(e)},R.__=function(e,t){e&&t.__k&&t.__k.__m&&(e.__m=t.__k.__m),lr&&
lr(e,t)},R.__r=function(e){or&&or(e),Re=0;var t=(N=e.__c).__H;t&&(rn==N?N.__h=[]:(t.__h.some(Ze),t.__h.some(cn),Re=0),t.
__h=[],t.__.some(function(n){n.__N&&(n.__=n.__N),n.u=n.__N=void 0})),rn=N},R.diffed=function(e){ar&&ar(e);var t=e.__c;t&&
t.__H&&(t.__H.__h.length&&ur(Sr.push(t)),t.__H.__.some(function(n){n.u&&(n.__H=n.u)})),rn=N=null},R.__c=function(e,t){t.
some(function(n){try{n.__h.some(Ze),n.__h=n.__h.filter(function(r){return!r.__||cn(r)})}catch(r){n.__h=[function(){throw r}]}}),
sr&&sr(e,t)},R.unmount=function(e){ir&&ir(e);var t,n,r=e.__c;r&&r.__H&&(r.__H.__.some(function(o){try{if(o.__P&&o.__c){if(n===
void 0){for(n=e.__;n&&(!n.__c||!n.__c.__P);)n=n.__;n=n&&n.__c}o.__P=n,ur(ln.push(o))}else Ze(o)}catch(a){t=a}}),r.__H=void 0,
t&&R.__e(t,r.__v))};var cr=typeof requestAnimationFrame=="function";function Ia(e){var t,n=function(){clearTimeout(r),cr&&
cancelAnimationFrame(t),setTimeout(e)},r=setTimeout(n,35);cr&&(t=requestAnimationFrame(n))}function ur(e){e!=1&&nr==R.requestAnimationFrame||
((nr=R.requestAnimationFrame)||Ia)(Da)}function Ze(e){var t=N,n=e.__c;typeof n=="function"&&(e.__c=void 0,n()),N=t}function cn(e){
var t=N;e.__c=e.__(),N=t}function xn(e,t){return!e||e.length!=t.length||t.some(function(n,r){return!sn(n,e[r])})}function Er(e,t){
return typeof t=="function"?t(e):t}var Ma=Symbol.for("preact-signals");function Rt(){if(se>1)se--;else{var e,t=!1;for((function(){
var o=kt;for(kt=void 0;o!==void 0;){var a=o.S;if(a.v===o.v)for(var i=a.t;i!==void 0;i=i.x)i.i===o.i&&(i.i=a.i);o=o.o}})();Xe!==
void 0;){var n=Xe;for(Xe=void 0,wt++;n!==void 0;){var r=n.u;if(n.u=void 0,n.f&=-3,!(8&n.f)&&Or(n))try{n.c()}catch(o){t||
(e=o,t=!0)}n=r}}if(wt=0,se--,t)throw e}}function Pt(e){if(se>0)return e();un=++Wa,se++;try{return e()}finally{Rt()}}var Qe,
A=void 0;function Ut(e){var t=A,n=Qe;A=void 0,Qe=void 0;try{return e()}finally{A=t,Qe=n}}var Xe=void 0,se=0,wt=0,Wa=0,un=0,
kt=void 0,xt=0;function qr(e){if(A!==void 0){var t=e.n;if(t===void 0||t.t!==A)return t={i:0,S:e,p:A.s,n:void 0,t:A,e:void 0,
x:void 0,r:t},A.s!==void 0&&(A.s.n=t),A.s=t,e.n=t,32&A.f&&e.S(t),t;if(t.i===-1)return t.i=0,t.n!==void 0&&(t.n.p=t.p,t.p!==
void 0&&(t.p.n=t.n),t.p=A.s,t.n=void 0,A.s.n=t,A.s=t),t}}function W(e,t){this.v=e,this.i=0,this.n=void 0,this.t=void 0,this.
l=0,this.W=t?.watched,this.Z=t?.unwatched,this.name=t?.name}W.prototype.brand=Ma;W.prototype.h=function(){return!0};W.prototype.
S=function(e){var t=this,n=this.t;n!==e&&e.e===void 0&&(e.x=n,this.t=e,n!==void 0?n.e=e:Ut(function(){var r;(r=t.W)==null||
r.call(t)}))};W.prototype.U=function(e){var t=this;if(this.t!==void 0){var n=e.e,r=e.x;n!==void 0&&(n.x=r,e.e=void 0),r!==
void 0&&(r.e=n,e.x=void 0),e===this.t&&(this.t=r,r===void 0&&Ut(function(){var o;(o=t.Z)==null||o.call(t)}))}};W.prototype.
subscribe=function(e){var t=this;return le(function(){var n=t.value;Ut(function(){return e(n)})},{name:"sub"})};W.prototype.
valueOf=function(){return this.value};W.prototype.toString=function(){return this.value+""};W.prototype.toJSON=function(){
return this.value};W.prototype.peek=function(){var e=this;return Ut(function(){return e.value})};Object.defineProperty(W.
prototype,"value",{get:function(){var e=qr(this);return e!==void 0&&(e.i=this.i),this.v},set:function(e){if(e!==this.v){
if(wt>100)throw new Error("Cycle detected");(function(n){se!==0&&wt===0&&n.l!==un&&(n.l=un,kt={S:n,v:n.v,i:n.i,o:kt})})(
this),this.v=e,this.i++,xt++,se++;try{for(var t=this.t;t!==void 0;t=t.x)t.t.N()}finally{Rt()}}}});function k(e,t){return new W(
e,t)}function Or(e){for(var t=e.s;t!==void 0;t=t.n)if(t.S.i!==t.i||!t.S.h()||t.S.i!==t.i)return!0;return!1}function Cr(e){
for(var t=e.s;t!==void 0;t=t.n){var n=t.S.n;if(n!==void 0&&(t.r=n),t.S.n=t,t.i=-1,t.n===void 0){e.s=t;break}}}function jr(e){
for(var t=e.s,n=void 0;t!==void 0;){var r=t.p;t.i===-1?(t.S.U(t),r!==void 0&&(r.n=t.n),t.n!==void 0&&(t.n.p=r)):n=t,t.S.
n=t.r,t.r!==void 0&&(t.r=void 0),t=r}e.s=n}function Ae(e,t){W.call(this,void 0,t),this.x=e,this.s=void 0,this.g=xt-1,this.
f=4}Ae.prototype=new W;Ae.prototype.h=function(){if(this.f&=-3,1&this.f)return!1;if((36&this.f)==32||(this.f&=-5,this.g===
xt))return!0;if(this.g=xt,this.f|=1,this.i>0&&!Or(this))return this.f&=-2,!0;var e=A;try{Cr(this),A=this;var t=this.x();
(16&this.f||this.v!==t||this.i===0)&&(this.v=t,this.f&=-17,this.i++)}catch(n){this.v=n,this.f|=16,this.i++}return A=e,jr(
this),this.f&=-2,!0};Ae.prototype.S=function(e){if(this.t===void 0){this.f|=36;for(var t=this.s;t!==void 0;t=t.n)t.S.S(t)}
W.prototype.S.call(this,e)};Ae.prototype.U=function(e){if(this.t!==void 0&&(W.prototype.U.call(this,e),this.t===void 0)){
this.f&=-33;for(var t=this.s;t!==void 0;t=t.n)t.S.U(t)}};Ae.prototype.N=function(){if(!(2&this.f)){this.f|=6;for(var e=this.
t;e!==void 0;e=e.x)e.t.N()}};Object.defineProperty(Ae.prototype,"value",{get:function(){if(1&this.f)throw new Error("Cyc\
le detected");var e=qr(this);if(this.h(),e!==void 0&&(e.i=this.i),16&this.f)throw this.v;return this.v}});function Pe(e,t){
return new Ae(e,t)}function Rr(e){var t=e.j;if(e.j=void 0,typeof t=="function"){se++;var n=A;A=void 0;try{t()}catch(r){throw e.
f&=-2,e.f|=8,Sn(e),r}finally{A=n,Rt()}}}function Sn(e){for(var t=e.s;t!==void 0;t=t.n)t.S.U(t);e.x=void 0,e.s=void 0,Rr(
e)}function Ha(e){if(A!==this)throw new Error("Out-of-order effect");jr(this),A=e,this.f&=-2;try{8&this.f&&Sn(this)}finally{
Rt()}}function Le(e,t){this.x=e,this.j=void 0,this.s=void 0,this.u=void 0,this.f=32,this.name=t?.name,Qe&&Qe.push(this)}
Le.prototype.c=function(){var e=this.S();try{if(8&this.f||this.x===void 0)return;var t=this.x();typeof t=="function"&&(this.
j=t)}finally{e()}};Le.prototype.S=function(){if(1&this.f)throw new Error("Cycle detected");this.f|=1,this.f&=-9,Rr(this),
Cr(this),se++;var e=A;return A=this,Ha.bind(this,e)};Le.prototype.N=function(){2&this.f||(this.f|=2,this.u=Xe,Xe=this)};
Le.prototype.d=function(){this.f|=8,1&this.f||Sn(this)};Le.prototype.dispose=function(){this.d()};function le(e,t){var n=new Le(
e,t);try{n.c()}catch(o){throw n.d(),o}var r=n.d.bind(n);return r[Symbol.dispose]=r,r}var Pr,Nt,ht,Ba=typeof window<"u"&&
!!window.__PREACT_SIGNALS_DEVTOOLS__,Ur=[];le(function(){Pr=this.N})();function De(e,t){w[e]=t.bind(null,w[e]||function(){})}
function et(e){if(ht){var t=ht;ht=void 0,t()}ht=e&&e.S()}function Nr(e){var t=this,n=e.data,r=j(n);r.name="ReactiveDom",
r.value=n;var o=nt(function(){for(var l=t,d=t.__v;d=d.__;)if(d.__c){d.__c.__$f|=4;break}var f=Pe(function(){var p=r.value.
value;return p===0?0:p===!0?"":p||""}),u=Pe(function(){return!Array.isArray(f.value)&&!mr(f.value)}),h=le(function(){if(this.
N=Lr,u.value){var p=f.value;l.__v&&l.__v.__e&&l.__v.__e.nodeType===3&&(l.__v.__e.data=p)}}),m=t.__$u.d;return t.__$u.d=function(){
h(),m.call(this)},[u,f]},[]),a=o[0],i=o[1];return a.value?i.peek():i.value}Nr.displayName="ReactiveTextNode";Object.defineProperties(
W.prototype,{constructor:{configurable:!0,value:vr(Ne,null).constructor},type:{configurable:!0,value:Nr},props:{configurable:!0,
get:function(){var e=this;return{data:{get value(){return e.value}}}}},__b:{configurable:!0,value:1}});De("__b",function(e,t){
if(et(),Nt=void 0,typeof t.type=="string"){var n,r=t.props;for(var o in r)if(o!=="children"){var a=r[o];a instanceof W&&
(n||(t.__np=n={}),n[o]=a,r[o]=a.peek())}}e(t)});De("__r",function(e,t){if(e(t),t.type!==Ne){et();var n,r=t.__c;r&&(r.__$f&=
-2,(n=r.__$u)===void 0&&(r.__$u=n=(function(o,a){var i;return le(function(){i=this},{name:a}),i.c=o,i})((function(o){return function(){
var a;Ba&&((a=this.y)==null||a.call(this)),o.__$f|=1,o.setState({})}})(r),typeof t.type=="function"?t.type.displayName||
t.type.name:""))),Nt=r,et(n)}});De("__e",function(e,t,n,r){et(),Nt=void 0,e(t,n,r)});De("diffed",function(e,t){et(),Nt=void 0;
var n;if(typeof t.type=="string"&&(n=t.__e)){var r=t.__np,o=t.props,a=n.U;if(a)for(var i in a){var l=a[i];l===void 0||r&&
i in r||(l.d(),a[i]=void 0)}if(r){a||(a={},n.U=a);for(var d in r){var f=a[d],u=r[d];f===void 0?(f=Ja(n,d,u,o),a[d]=f):f.
o(u,o)}}}e(t)});function Ja(e,t,n,r){var o=t in e&&e.ownerSVGElement===void 0,a=k(n);return{o:function(i,l){a.value=i,r=
l},d:le(function(){this.N=Lr;var i=a.value.value;r[t]!==i&&(r[t]=i,o?e[t]=i:i!=null&&(i!==!1||t[4]==="-")?e.setAttribute(
t,i):e.removeAttribute(t))})}}De("unmount",function(e,t){if(typeof t.type=="string"){var n=t.__e;if(n){var r=n.U;if(r){n.
U=void 0;for(var o in r){var a=r[o];a&&a.d()}}}var i=t.__np;if(i){var l=t.props;for(var d in i)l[d]=i[d]}t.__np=void 0}else{
var f=t.__c;if(f){f.__$f|=8;var u=f.__$u;u&&(f.__$u=void 0,u.d())}}e(t)});De("__h",function(e,t,n,r){r<3&&(t.__$f|=2),e(
t,n,r)});Ye.prototype.shouldComponentUpdate=function(e,t){if(this.__R)return!0;var n=this.__$u,r=n&&n.s!==void 0;for(var o in t)
return!0;if(this.__f||typeof this.u=="boolean"&&this.u===!0){var a=2&this.__$f;if(!(r||a||4&this.__$f)||1&this.__$f)return!0}else if(!(r||
4&this.__$f)||3&this.__$f)return!0;for(var i in e)if(i!=="__source"&&e[i]!==this.props[i])return!0;for(var l in this.props)
if(!(l in e))return!0;return!1};function j(e,t){return nt(function(){return k(e,t)},[])}var za=function(e){queueMicrotask(
function(){queueMicrotask(e)})};function Fa(){Pt(function(){for(var e;e=Ur.shift();)Pr.call(e)})}function Lr(){Ur.push(this)===
1&&(w.requestAnimationFrame||za)(Fa)}var Dr=function(e,t,n,r){var o;t[0]=0;for(var a=1;a<t.length;a++){var i=t[a++],l=t[a]?
(t[0]|=i?1:2,n[t[a++]]):t[++a];i===3?r[0]=l:i===4?r[1]=Object.assign(r[1]||{},l):i===5?(r[1]=r[1]||{})[t[++a]]=l:i===6?r[1][t[++a]]+=
l+"":i?(o=e.apply(l,Dr(e,l,n,["",null])),r.push(o),l[0]?t[0]|=2:(t[a-2]=0,t[a]=o)):r.push(l)}return r},dr=new Map;function Va(e){
var t=dr.get(this);return t||(t=new Map,dr.set(this,t)),(t=Dr(this,t.get(e)||(t.set(e,t=(function(n){for(var r,o,a=1,i="",
l="",d=[0],f=function(m){a===1&&(m||(i=i.replace(/^\s*\n\s*|\s*\n\s*$/g,"")))?d.push(0,m,i):a===3&&(m||i)?(d.push(3,m,i),
a=2):a===2&&i==="..."&&m?d.push(4,m,0):a===2&&i&&!m?d.push(5,0,!0,i):a>=5&&((i||!m&&a===5)&&(d.push(a,0,i,o),a=6),m&&(d.
push(a,m,0,o),a=6)),i=""},u=0;u<n.length;u++){u&&(a===1&&f(),f(u));for(var h=0;h<n[u].length;h++)r=n[u][h],a===1?r==="<"?
(f(),d=[d],a=3):i+=r:a===4?i==="--"&&r===">"?(a=1,i=""):i=r+i[0]:l?r===l?l="":i+=r:r==='"'||r==="'"?l=r:r===">"?(f(),a=1):
a&&(r==="="?(a=5,o=i,i=""):r==="/"&&(a<5||n[u][h+1]===">")?(f(),a===3&&(d=d[0]),a=d,(d=d[0]).push(2,0,a),a=0):r===" "||r===
"	"||r===`
`||r==="\r"?(f(),a=2):i+=r),a===3&&i==="!--"&&(a=4,d=d[0])}return f(),d})(e)),t),arguments,[])).length>1?t:t[0]}var c=Va.
bind(vr),dn;(typeof navigator>"u"||!navigator.userAgent?.startsWith?.("Mozilla/5.0 "))&&(dn="oauth4webapi/v3.8.8");function Tn(e,t){
if(e==null)return!1;try{return e instanceof t||Object.getPrototypeOf(e)[Symbol.toStringTag]===t.prototype[Symbol.toStringTag]}catch{
return!1}}var ne="ERR_INVALID_ARG_VALUE",_e="ERR_INVALID_ARG_TYPE";function M(e,t,n){let r=new TypeError(e,{cause:n});return Object.
assign(r,{code:t}),r}var Ga=Symbol(),Ka=Symbol(),Ya=Symbol(),Za=Symbol(),pn=Symbol(),Qa=new TextEncoder,Xa=new TextDecoder;
function fn(e){return typeof e=="string"?Qa.encode(e):Xa.decode(e)}var mn;Uint8Array.prototype.toBase64?mn=e=>(e instanceof
ArrayBuffer&&(e=new Uint8Array(e)),e.toBase64({alphabet:"base64url",omitPadding:!0})):mn=e=>{e instanceof ArrayBuffer&&(e=
new Uint8Array(e));let t=[];for(let n=0;n<e.byteLength;n+=32768)t.push(String.fromCharCode.apply(null,e.subarray(n,n+32768)));
return btoa(t.join("")).replace(/=/g,"").replace(/\+/g,"-").replace(/\//g,"_")};var hn;Uint8Array.fromBase64?hn=e=>{try{
return Uint8Array.fromBase64(e,{alphabet:"base64url"})}catch(t){throw M("The input to be decoded is not correctly encode\
d.",ne,t)}}:hn=e=>{try{let t=atob(e.replace(/-/g,"+").replace(/_/g,"/").replace(/\s/g,"")),n=new Uint8Array(t.length);for(let r=0;r<
t.length;r++)n[r]=t.charCodeAt(r);return n}catch(t){throw M("The input to be decoded is not correctly encoded.",ne,t)}};
function St(e){return typeof e=="string"?hn(e):mn(e)}var Tt=class extends Error{code;constructor(e,t){super(e,t),this.name=
this.constructor.name,this.code=Is,Error.captureStackTrace?.(this,this.constructor)}},es=class extends Error{code;constructor(e,t){
super(e,t),this.name=this.constructor.name,t?.code&&(this.code=t?.code),Error.captureStackTrace?.(this,this.constructor)}};
function v(e,t,n){return new es(e,{code:t,cause:n})}function At(e){return!(e===null||typeof e!="object"||Array.isArray(e))}
function ts(e){Tn(e,Headers)&&(e=Object.fromEntries(e.entries()));let t=new Headers(e??{});if(dn&&!t.has("user-agent")&&
t.set("user-agent",dn),t.has("authorization"))throw M('"options.headers" must not include the "authorization" header nam\
e',ne);return t}function ns(e,t){if(t!==void 0){if(typeof t=="function"&&(t=t(e.href)),!(t instanceof AbortSignal))throw M(
'"options.signal" must return or be an instance of AbortSignal',_e);return t}}function Et(e,t,n,r,o){try{if(typeof e!="n\
umber"||!Number.isFinite(e))throw M(`${n} must be a number`,_e,o);if(e>0)return;if(t){if(e!==0)throw M(`${n} must be a n\
on-negative number`,ne,o);return}throw M(`${n} must be a positive number`,ne,o)}catch(a){throw r?v(a.message,r,o):a}}function V(e,t,n,r){
try{if(typeof e!="string")throw M(`${t} must be a string`,_e,r);if(e.length===0)throw M(`${t} must not be empty`,ne,r)}catch(o){
throw n?v(o.message,n,r):o}}function Ir(e){os(e,"application/json")}function rs(e,...t){let n='"response" content-type m\
ust be ';if(t.length>2){let r=t.pop();n+=`${t.join(", ")}, or ${r}`}else t.length===2?n+=`${t[0]} or ${t[1]}`:n+=t[0];return v(
n,Ws,e)}function os(e,t){if(ws(e)!==t)throw rs(e,t)}function Mr(){return St(crypto.getRandomValues(new Uint8Array(32)))}
function An(){return Mr()}function En(){return Mr()}async function Wr(e){return V(e,"codeVerifier"),St(await crypto.subtle.
digest("SHA-256",fn(e)))}function Hr(e){let t=e?.[Ka];return typeof t=="number"&&Number.isFinite(t)?t:0}function Br(e){let t=e?.[Ya];
return typeof t=="number"&&Number.isFinite(t)&&Math.sign(t)!==-1?t:30}function Jr(){return Math.floor(Date.now()/1e3)}function Lt(e){
if(typeof e!="object"||e===null)throw M('"as" must be an object',_e);V(e.issuer,'"as.issuer"')}function Dt(e){if(typeof e!=
"object"||e===null)throw M('"client" must be an object',_e);V(e.client_id,'"client.client_id"')}function qn(){return(e,t,n,r)=>{
n.set("client_id",t.client_id)}}var as=URL.parse?(e,t)=>URL.parse(e,t):(e,t)=>{try{return new URL(e,t)}catch{return null}};
function ss(e,t){if(t&&e.protocol!=="https:")throw v("only requests to HTTPS are allowed",Bs,e);if(e.protocol!=="https:"&&
e.protocol!=="http:")throw v("only HTTP and HTTPS requests are allowed",Js,e)}function pr(e,t,n,r){let o;if(typeof e!="s\
tring"||!(o=as(e)))throw v(`authorization server metadata does not contain a valid ${n?`"as.mtls_endpoint_aliases.${t}"`:
`"as.${t}"`}`,e===void 0?zs:Fs,{attribute:n?`mtls_endpoint_aliases.${t}`:t});return ss(o,r),o}function is(e,t,n,r){return n&&
e.mtls_endpoint_aliases&&t in e.mtls_endpoint_aliases?pr(e.mtls_endpoint_aliases[t],t,n,r):pr(e[t],t,n,r)}var It=class extends Error{cause;code;error;status;error_description;response;constructor(e,t){
super(e,t),this.name=this.constructor.name,this.code=Ds,this.cause=t.cause,this.error=t.cause.error,this.status=t.response.
status,this.error_description=t.cause.error_description,Object.defineProperty(this,"response",{enumerable:!1,value:t.response}),
Error.captureStackTrace?.(this,this.constructor)}},ls=class extends Error{cause;code;error;error_description;constructor(e,t){
super(e,t),this.name=this.constructor.name,this.code=Ms,this.cause=t.cause,this.error=t.cause.get("error"),this.error_description=
t.cause.get("error_description")??void 0,Error.captureStackTrace?.(this,this.constructor)}},cs=class extends Error{cause;code;response;status;constructor(e,t){
super(e,t),this.name=this.constructor.name,this.code=Ls,this.cause=t.cause,this.status=t.response.status,this.response=t.
response,Object.defineProperty(this,"response",{enumerable:!1}),Error.captureStackTrace?.(this,this.constructor)}},qt="[\
a-zA-Z0-9!#$%&\\'\\*\\+\\-\\.\\^_`\\|~]+",us="[a-zA-Z0-9\\-\\._\\~\\+\\/]+={0,2}",ds='"((?:[^"\\\\]|\\\\[\\s\\S])*)"',ps="\
("+qt+")\\s*=\\s*"+ds,fs="("+qt+")\\s*=\\s*("+qt+")",ms=new RegExp("^[,\\s]*("+qt+")"),hs=new RegExp("^[,\\s]*"+ps+"[,\\s\
]*(.*)"),_s=new RegExp("^[,\\s]*"+fs+"[,\\s]*(.*)"),vs=new RegExp("^("+us+")(?:$|[,\\s])(.*)");function $s(e){if(!Tn(e,Response))
throw M('"response" must be an instance of Response',_e);let t=e.headers.get("www-authenticate");if(t===null)return;let n=[],
r=t;for(;r;){let o=r.match(ms),a=o?.[1].toLowerCase();if(!a)return;let i=r.substring(o[0].length);if(i&&!i.match(/^[\s,]/))
return;let l=i.match(/^\s+(.*)$/),d=!!l;r=l?l[1]:void 0;let f={},u;if(d)for(;r;){let m,p;if(o=r.match(hs)){[,m,p,r]=o,p.
includes("\\")&&(p=p.replace(/\\([\s\S])/g,"$1")),f[m.toLowerCase()]=p;continue}if(o=r.match(_s)){[,m,p,r]=o,f[m.toLowerCase()]=
p;continue}if(o=r.match(vs)){if(Object.keys(f).length)break;[,u,r]=o;break}return}else r=i||void 0;let h={scheme:a,parameters:f};
u&&(h.token68=u),n.push(h)}if(n.length)return n}async function ys(e){if(e.status>399&&e.status<500){no(e),Ir(e);try{let t=await e.
clone().json();if(At(t)&&typeof t.error=="string"&&t.error.length)return t}catch{}}}async function bs(e,t,n){if(e.status!==
t){Ss(e);let r;throw(r=await ys(e))?(await e.body?.cancel(),new It("server responded with an error in the response body",
{cause:r,response:e})):v(`"response" is not a conform ${n} response (unexpected HTTP status code)`,Hs,e)}}function gs(e){
if(!Cn.has(e))throw M('"options.DPoP" is not a valid DPoPHandle',ne)}function ws(e){return e.headers.get("content-type")?.
split(";")[0]}async function ks(e,t,n,r,o,a,i){return await n(e,t,o,a),a.set("content-type","application/x-www-form-urle\
ncoded;charset=UTF-8"),(i?.[Za]||fetch)(r.href,{body:o,headers:Object.fromEntries(a.entries()),method:"POST",redirect:"m\
anual",signal:ns(r,i?.signal)})}async function zr(e,t,n,r,o,a){let i=is(e,"token_endpoint",t.use_mtls_endpoint_aliases,a?.[Ga]!==
!0);o.set("grant_type",r);let l=ts(a?.headers);l.set("accept","application/json"),a?.DPoP!==void 0&&(gs(a.DPoP),await a.
DPoP.addProof(i,l,"POST"));let d=await ks(e,t,n,i,o,l,a);return a?.DPoP?.cacheNonce(d,i),d}async function Fr(e,t,n,r,o){
Lt(e),Dt(t),V(r,'"refreshToken"');let a=new URLSearchParams(o?.additionalParameters);return a.set("refresh_token",r),zr(
e,t,n,"refresh_token",a,o)}var Vr=new WeakMap,xs=new WeakMap;function Gr(e){if(!e.id_token)return;let t=Vr.get(e);if(!t)
throw M('"ref" was already garbage collected or did not resolve from the proper sources',ne);return t}async function On(e,t,n,r,o,a){
if(Lt(e),Dt(t),!Tn(n,Response))throw M('"response" must be an instance of Response',_e);await bs(n,200,"Token Endpoint"),
no(n);let i=await Zs(n);if(V(i.access_token,'"response" body "access_token" property',g,{body:i}),V(i.token_type,'"respo\
nse" body "token_type" property',g,{body:i}),i.token_type=i.token_type.toLowerCase(),i.expires_in!==void 0){let l=typeof i.
expires_in!="number"?parseFloat(i.expires_in):i.expires_in;Et(l,!0,'"response" body "expires_in" property',g,{body:i}),i.
expires_in=l}if(i.refresh_token!==void 0&&V(i.refresh_token,'"response" body "refresh_token" property',g,{body:i}),i.scope!==
void 0&&typeof i.scope!="string")throw v('"response" body "scope" property must be a string',g,{body:i});if(i.id_token!==
void 0){V(i.id_token,'"response" body "id_token" property',g,{body:i});let l=[];t.require_auth_time===!0&&l.push("auth_t\
ime"),t.default_max_age!==void 0&&(Et(t.default_max_age,!0,'"client.default_max_age"'),l.push("auth_time")),r?.length&&l.
push(...r);let{claims:d,jwt:f}=await js(e,t,i.id_token,l,o);Ps(t,d),Rs(d),xs.set(n,f),Vr.set(i,d)}if(a?.[i.token_type]!==
void 0)a[i.token_type](n,i);else if(i.token_type!=="dpop"&&i.token_type!=="bearer")throw new Tt("unsupported `token_type\
` value",{cause:{body:i}});return i}function Ss(e){let t;if(t=$s(e))throw new cs("server responded with a challenge in t\
he WWW-Authenticate HTTP Header",{cause:t,response:e})}async function Kr(e,t,n,r){return On(e,t,n,void 0,r?.[pn],r?.recognizedTokenTypes)}
function Ts(e,t){if(Array.isArray(t.claims.aud)){if(!t.claims.aud.includes(e))throw v('unexpected JWT "aud" (audience) c\
laim value',Ue,{expected:e,claims:t.claims,claim:"aud"})}else if(t.claims.aud!==e)throw v('unexpected JWT "aud" (audienc\
e) claim value',Ue,{expected:e,claims:t.claims,claim:"aud"});return t}function As(e,t){let n=e[Qs]?.(t)??e.issuer;if(t.claims.
iss!==n)throw v('unexpected JWT "iss" (issuer) claim value',Ue,{expected:n,claims:t.claims,claim:"iss"});return t}var Cn=new WeakSet;
function Es(e){return Cn.add(e),e}var qs=Symbol();async function Yr(e,t,n,r,o,a,i){if(Lt(e),Dt(t),!Cn.has(r))throw M('"c\
allbackParameters" must be an instance of URLSearchParams obtained from "validateAuthResponse()", or "validateJwtAuthRes\
ponse()',ne);V(o,'"redirectUri"');let l=xe(r,"code");if(!l)throw v('no authorization code in "callbackParameters"',g);let d=new URLSearchParams(
i?.additionalParameters);return d.set("redirect_uri",o),d.set("code",l),a!==qs&&(V(a,'"codeVerifier"'),d.set("code_verif\
ier",a)),zr(e,t,n,"authorization_code",d,i)}var Zr={aud:"audience",c_hash:"code hash",client_id:"client id",exp:"expirat\
ion time",iat:"issued at",iss:"issuer",jti:"jwt id",nonce:"nonce",s_hash:"state hash",sub:"subject",ath:"access token ha\
sh",htm:"http method",htu:"http uri",cnf:"confirmation",auth_time:"authentication time"};function Os(e,t){for(let n of e)
if(t.claims[n]===void 0)throw v(`JWT "${n}" (${Zr[n]}) claim missing`,g,{claims:t.claims});return t}function Cs(e,t){if(typeof t.
claims[e]!="string")throw v(`unexpected JWT "${e}" (${Zr[e]}) claim type`,g,{claims:t.claims});return t}function js(e,t,n,r,o){
return Vs(n,Gs.bind(void 0,t.id_token_signed_response_alg,e.id_token_signing_alg_values_supported,"RS256"),Hr(t),Br(t),o).
then(Os.bind(void 0,["aud","exp","iat","iss","sub",...r])).then(As.bind(void 0,e)).then(Ts.bind(void 0,t.client_id)).then(
Cs.bind(void 0,"sub"))}function Qr(e,t){if(t===Ct)return t;let n=t===void 0;return n&&(t=e.default_max_age),t===void 0?Ct:
(Et(t,!0,n?'"client.default_max_age"':'"maxAge" argument'),t)}function Rs(e){e.auth_time!==void 0&&Et(e.auth_time,!0,'ID\
 Token "auth_time" (authentication time)',g,{claims:e})}function Xr(e,t,n){if(n===Ct)return;let r=Jr()+Hr(e),o=Br(e);if(t.
auth_time+n<r-o)throw v("too much time has elapsed since the last End-User authentication",vn,{claims:t,now:r,tolerance:o,
claim:"auth_time"})}function eo(e,t){let n=t===Ot?void 0:t;if(e.nonce!==n)throw v('unexpected ID Token "nonce" claim val\
ue',Ue,{expected:n,claims:e,claim:"nonce"})}function Ps(e,t){if(Array.isArray(t.aud)&&t.aud.length!==1){if(t.azp===void 0)
throw v('ID Token "aud" (audience) claim includes additional untrusted audiences',Ue,{claims:t,claim:"aud"});if(t.azp!==
e.client_id)throw v('unexpected ID Token "azp" (authorized party) claim value',Ue,{expected:e.client_id,claims:t,claim:"\
azp"})}}var Ot=Symbol(),Ct=Symbol();async function to(e,t,n,r){return typeof r?.expectedNonce=="string"||typeof r?.maxAge==
"number"||r?.requireIdToken?Us(e,t,n,r.expectedNonce,r.maxAge,r[pn],r.recognizedTokenTypes):Ns(e,t,n,r?.maxAge,r?.[pn],r?.
recognizedTokenTypes)}async function Us(e,t,n,r,o,a,i){let l=[];switch(r){case void 0:r=Ot;break;case Ot:break;default:V(
r,'"expectedNonce" argument'),l.push("nonce")}o=Qr(t,o),o!==Ct&&l.push("auth_time");let d=await On(e,t,n,l,a,i);V(d.id_token,
'"response" body "id_token" property',g,{body:d});let f=Gr(d);return Xr(t,f,o),eo(f,r),d}async function Ns(e,t,n,r,o,a){
let i=await On(e,t,n,void 0,o,a),l=Gr(i);return l&&(Xr(t,l,Qr(t,r)),eo(l,Ot)),i}var Ls="OAUTH_WWW_AUTHENTICATE_CHALLENGE",
Ds="OAUTH_RESPONSE_BODY_ERROR",Is="OAUTH_UNSUPPORTED_OPERATION",Ms="OAUTH_AUTHORIZATION_RESPONSE_ERROR",_n="OAUTH_PARSE_\
ERROR",g="OAUTH_INVALID_RESPONSE",Ws="OAUTH_RESPONSE_IS_NOT_JSON",Hs="OAUTH_RESPONSE_IS_NOT_CONFORM",Bs="OAUTH_HTTP_REQU\
EST_FORBIDDEN",Js="OAUTH_REQUEST_PROTOCOL_FORBIDDEN",vn="OAUTH_JWT_TIMESTAMP_CHECK_FAILED",Ue="OAUTH_JWT_CLAIM_COMPARISO\
N_FAILED",zs="OAUTH_MISSING_SERVER_METADATA",Fs="OAUTH_INVALID_SERVER_METADATA";function no(e){if(e.bodyUsed)throw M('"r\
esponse" body has been used already',ne)}async function Vs(e,t,n,r,o){let{0:a,1:i,length:l}=e.split(".");if(l===5)if(o!==
void 0)e=await o(e),{0:a,1:i,length:l}=e.split(".");else throw new Tt("JWE decryption is not configured",{cause:e});if(l!==
3)throw v("Invalid JWT",g,e);let d;try{d=JSON.parse(fn(St(a)))}catch(h){throw v("failed to parse JWT Header body as base\
64url encoded JSON",_n,h)}if(!At(d))throw v("JWT Header must be a top level object",g,e);if(t(d),d.crit!==void 0)throw new Tt(
'no JWT "crit" header parameter extensions are supported',{cause:{header:d}});let f;try{f=JSON.parse(fn(St(i)))}catch(h){
throw v("failed to parse JWT Payload body as base64url encoded JSON",_n,h)}if(!At(f))throw v("JWT Payload must be a top \
level object",g,e);let u=Jr()+n;if(f.exp!==void 0){if(typeof f.exp!="number")throw v('unexpected JWT "exp" (expiration t\
ime) claim type',g,{claims:f});if(f.exp<=u-r)throw v('unexpected JWT "exp" (expiration time) claim value, expiration is \
past current timestamp',vn,{claims:f,now:u,tolerance:r,claim:"exp"})}if(f.iat!==void 0&&typeof f.iat!="number")throw v('\
unexpected JWT "iat" (issued at) claim type',g,{claims:f});if(f.iss!==void 0&&typeof f.iss!="string")throw v('unexpected\
 JWT "iss" (issuer) claim type',g,{claims:f});if(f.nbf!==void 0){if(typeof f.nbf!="number")throw v('unexpected JWT "nbf"\
 (not before) claim type',g,{claims:f});if(f.nbf>u+r)throw v('unexpected JWT "nbf" (not before) claim value',vn,{claims:f,
now:u,tolerance:r,claim:"nbf"})}if(f.aud!==void 0&&typeof f.aud!="string"&&!Array.isArray(f.aud))throw v('unexpected JWT\
 "aud" (audience) claim type',g,{claims:f});return{header:d,claims:f,jwt:e}}function Gs(e,t,n,r){if(e!==void 0){if(typeof e==
"string"?r.alg!==e:!e.includes(r.alg))throw v('unexpected JWT "alg" header parameter',g,{header:r,expected:e,reason:"cli\
ent configuration"});return}if(Array.isArray(t)){if(!t.includes(r.alg))throw v('unexpected JWT "alg" header parameter',g,
{header:r,expected:t,reason:"authorization server metadata"});return}if(n!==void 0){if(typeof n=="string"?r.alg!==n:typeof n==
"function"?!n(r.alg):!n.includes(r.alg))throw v('unexpected JWT "alg" header parameter',g,{header:r,expected:n,reason:"d\
efault value"});return}throw v('missing client or server configuration to verify used JWT "alg" header parameter',void 0,
{client:e,issuer:t,fallback:n})}function xe(e,t){let{0:n,length:r}=e.getAll(t);if(r>1)throw v(`"${t}" parameter must be \
provided only once`,g);return n}var Ks=Symbol(),Ys=Symbol();function ro(e,t,n,r){if(Lt(e),Dt(t),n instanceof URL&&(n=n.searchParams),
!(n instanceof URLSearchParams))throw M('"parameters" must be an instance of URLSearchParams, or URL',_e);if(xe(n,"respo\
nse"))throw v('"parameters" contains a JARM response, use validateJwtAuthResponse() instead of validateAuthResponse()',g,
{parameters:n});let o=xe(n,"iss"),a=xe(n,"state");if(!o&&e.authorization_response_iss_parameter_supported)throw v('respo\
nse parameter "iss" (issuer) missing',g,{parameters:n});if(o&&o!==e.issuer)throw v('unexpected "iss" (issuer) response p\
arameter value',g,{expected:e.issuer,parameters:n});switch(r){case void 0:case Ys:if(a!==void 0)throw v('unexpected "sta\
te" response parameter encountered',g,{expected:void 0,parameters:n});break;case Ks:break;default:if(V(r,'"expectedState\
" argument'),a!==r)throw v(a===void 0?'response parameter "state" missing':'unexpected "state" response parameter value',
g,{expected:r,parameters:n})}if(xe(n,"error"))throw new ls("authorization response from the server is an error",{cause:n});
let i=xe(n,"id_token"),l=xe(n,"token");if(i!==void 0||l!==void 0)throw new Tt("implicit and hybrid flows are not support\
ed");return Es(new URLSearchParams(n))}async function Zs(e,t=Ir){let n;try{n=await e.json()}catch(r){throw t(e),v('faile\
d to parse "response" body as JSON',_n,r)}if(!At(n))throw v('"response" body must be a top level object',g,{body:n});return n}
var Qs=Symbol();var ce=new URL("../../../",import.meta.url),at=new URL("../",ce),rt="certflow-sign-in",io="popup.",oo=6e4,Xs=3600,H=k({state:"\
out",words:"",other:!1}),Z,ao,lo=[],so,Rn,ot,Ie=()=>{let e=`${ot.authority}/${ot.tenant}`,t={authorization_endpoint:`${e}\
/oauth2/v2.0/authorize`,token_endpoint:`${e}/oauth2/v2.0/token`};return{issuer:`${e}/v2.0`,...t}},Me=()=>({client_id:ot.
page}),co=()=>`api://${ot.api}/access_as_user offline_access`;async function uo(e){ot=e;let t=new URLSearchParams(location.
hash.slice(1)),n=t.get("state");if(!n||!(t.has("code")||t.has("error")))return Mt();if(history.replaceState(null,"",ce.pathname),
n.startsWith(io))return new BroadcastChannel(rt).postMessage(t.toString()),close(),!1;let r=JSON.parse(sessionStorage.getItem(
rt)??"null");if(sessionStorage.removeItem(rt),r?.state!==n)return Mt();history.replaceState(null,"",`${ce.pathname}${r.back}`),
dispatchEvent(new HashChangeEvent("hashchange"));try{await vo(t,r)}catch(o){H.value={state:"refused",words:Pn(o),other:!1}}
return!0}async function Mt(e){let t={verifier:An(),state:En()};return sessionStorage.setItem(rt,JSON.stringify({...t,back:location.
hash})),location.assign(await yo(t,e)),!1}function po(){let e=open("about:blank","certflow-sign-in","popup,width=520,hei\
ght=680");if(!e)return!1;let t={verifier:An(),state:io+En()};so?.close();let n=so=new BroadcastChannel(rt);return n.onmessage=
async r=>{let o=new URLSearchParams(r.data);if(o.get("state")===t.state){n.close();try{await vo(o,t)}catch(a){H.value={state:"\
ended",words:Pn(a),other:a instanceof Wt}}}},yo(t).then(r=>e.location.href=r),!0}var fo=e=>Rn??=mo(e),mo=({tid:e,oid:t,name:n})=>JSON.
stringify([e,t??n]),Wt=class extends Error{};async function ei(e){let t=await fetch(new URL("access",at),{headers:{Authorization:`\
Bearer ${e}`},cache:"no-store"}),n=await t.json();if(!t.ok)throw new Error(n?.error?.message??`${t.status}`);if(mo(n.caller)!==
Rn)throw new Wt("")}async function ho(){for(;;){if(Z&&Z.ends>Date.now())return Z.access;H.value.state==="ended"?await new Promise(
e=>lo.push(()=>e(void 0))):await(ao??=ti().finally(()=>ao=void 0))}}function _o(e,t,n){Z?.access===e&&(n||!Z.refresh?jn(
t):Z={...Z,ends:0})}async function ti(){if(!Z?.refresh)return jn("");let e=await Fr(Ie(),Me(),qn(),Z.refresh,{additionalParameters:{
scope:co()}});try{$o(await Kr(Ie(),Me(),e))}catch(t){if(!(t instanceof It)||![400,401].includes(t.status))throw t;jn(Pn(
t))}}function jn(e){Z=void 0,H.value={state:"ended",words:e,other:!1}}async function vo(e,t){if(e.has("error"))throw new Error(
e.get("error_description")??`${e.get("error")}`);let n=ro(Ie(),Me(),e,t?.state??""),r=await Yr(Ie(),Me(),qn(),n,ce.href,
t?.verifier??""),o=await to(Ie(),Me(),r);Rn&&await ei(o.access_token),$o(o)}function $o(e){let t=1e3*(e.expires_in??Xs),
n=Date.now()+(t>oo?t-oo:t/2);Z={access:e.access_token,refresh:e.refresh_token??Z?.refresh,ends:n},H.value={state:"signed\
-in",words:"",other:!1};for(let r of lo.splice(0))r()}async function yo(e,t){let n=new URL(Ie().authorization_endpoint),
r={client_id:Me().client_id,response_type:"code",response_mode:"fragment",redirect_uri:ce.href,scope:co(),state:e.state,
code_challenge:await Wr(e.verifier),code_challenge_method:"S256",...t?{prompt:t}:{}};for(let[o,a]of Object.entries(r))n.
searchParams.set(o,a);return n.href}var Pn=e=>e instanceof It?e.error_description??e.error:e instanceof Error?e.message:
`${e}`;var P=class extends Error{constructor(t,n,r){super(n?.error?.message??r),this.status=t,this.body=n,this.reason=n?.reason??
n?.error?.code??""}},ni=24e4;async function Ee(e,t,{query:n,body:r,headers:o,signal:a,within:i=ni}={}){let l=new URL(t,at);
for(let[d,f]of Object.entries(n??{}))f&&l.searchParams.set(d,f);for(let d=0;;d++){let f=await ho().catch(go),u={method:e,
body:r,signal:a??AbortSignal.timeout(i),headers:{...o,Authorization:`Bearer ${f}`}},h=await fetch(l,{...u,cache:"no-stor\
e"}).catch(go);if(h.status===401){_o(f,(await wo(h))?.error?.message??"",d>0);continue}if(h.ok||h.status===304)return h;
throw new P(h.status,await wo(h),`${h.status} ${h.statusText}`)}}async function x(e,t,{json:n,...r}={}){let o=n===void 0?
r.body:JSON.stringify(n);return(await Ee(e,t,{...r,body:o,headers:{...n===void 0?void 0:{"Content-Type":"application/jso\
n"},...r.headers}})).json()}var B=(e,t="")=>`vaults/${bo(e.vault)}/certificates/${bo(e.name)}${t}`,bo=e=>encodeURIComponent(
e).replace(/^\.{1,2}$/,"%25$&");function go(e){throw e instanceof P||e instanceof DOMException&&e.name==="AbortError"?e:
new P(0,void 0,"offline")}async function wo(e){try{return await e.json()}catch{return}}var qe=k(null);async function Un(){let e=await x("GET","access");fo(e.caller),qe.value=e}var Oe=()=>(qe.value?.caller.name??
"").toLowerCase(),X=e=>(qe.value?.grants??[]).some(t=>t.may?.includes(e)),ve=e=>{let t=Oe();return!!(t&&e&&e.toLowerCase().
match(/[^\s,;<>]+@[^\s,;<>]+/g)?.includes(t))};function Nn(){let[e="",t=""]=location.hash.slice(1).split("?",2),[n="",...r]=e.split("/").filter(Boolean).map(ri);return{
page:n,parts:r,query:new URLSearchParams(t)}}function ri(e){try{return decodeURIComponent(e)}catch{return e}}var E=k(Nn());
addEventListener("hashchange",()=>E.value=Nn());function ee(e,t=[],n={}){let r=Object.entries(n).filter(([,a])=>a),o=new URLSearchParams(
r).toString();return`#/${[e,...t].map(encodeURIComponent).join("/")}${o&&`?${o}`}`}var $e=e=>location.assign(e);function z(e){
let{page:t,parts:n,query:r}=E.value,o={...Object.fromEntries(r),...e};history.replaceState(null,"",ee(t,n,o)),E.value=Nn()}
var J=e=>ee("request",[e.vault,e.name,e.request_id]);var Dn=["stalled","failed","your-turn","in-progress","asked","done","cancelled"],oi=12e3,ai=3e4,G=k(null),Q=k({at:0,problem:null}),
U=k(Date.now()),re=Pe(()=>G.value?li(G.value):[]),Ht="",Ln,Bt;function ko(){return document.addEventListener("visibility\
change",()=>document.hidden?clearTimeout(Ln):ye()),ye()}function ye(){return clearTimeout(Ln),Bt??=ii().finally(()=>{Bt=
void 0,document.hidden||(Ln=setTimeout(ye,oi))})}var oe=()=>(setTimeout(ye,si),Bt?Bt.then(ye):ye()),si=6e3;async function ii(){
try{let e=await Ee("GET","board",{within:ai,headers:Ht?{"If-None-Match":Ht}:{}}),t=e.status===304?null:await e.json();Pt(
()=>{t&&(G.value=t),U.value=Date.now(),Q.value={at:U.value,problem:null}}),Ht=e.headers.get("ETag")??Ht}catch(e){let t=e instanceof
P?e:new P(0,void 0,`${e}`);Pt(()=>{U.value=Date.now(),Q.value={...Q.value,problem:t}})}}function li(e){let{columns:t,mays:n}=e;
return t.vault.map((r,o)=>{let a=t.name[o]??"",i=t.names[o]??[],l=S=>S[o]??null,[d,f,u,h,m]=[l(t.owner),l(t.signer),l(t.
issuer),l(t.by),l(t.error)],p=[a,r,d,f,u,h,m,...i].join(`
`).toLowerCase(),_=l(t.request_id);return{key:`${r}/${a}/${_}`,vault:r,name:a,request_id:_,state:t.state[o]??"",status:l(
t.status),created:l(t.created),changed:l(t.changed),owner:d,signer:f,issuer:u,next_check:l(t.next_check),quiet_until:l(t.
quiet_until),error_code:l(t.error_code),error:m,names:i,by:h,may:n[t.may[o]??-1]??[],text:p}})}var ci=["your-turn","stal\
led","in-progress","asked"],ue=e=>ci.includes(e.state),Jt=e=>e.issuer==="Unknown"&&ue(e)&&e.request_id!==null,st=(e,t)=>e.
may.includes(t)&&(["read","acknowledge"].includes(t)||!G.value?.vaults[e.vault]?.observed);var xo=[["day",86400],["hour",3600],["minute",60],["second",1]],ui={year:"numeric",month:"short",day:"numeric",hour:"2-d\
igit",minute:"2-digit",timeZoneName:"short"},We={},Ce=So("en");function So(e){let t=n=>new Intl.NumberFormat(e,{style:"u\
nit",unit:n,unitDisplay:"long"});return{plural:new Intl.PluralRules(e),number:new Intl.NumberFormat(e),moment:new Intl.DateTimeFormat(
e,ui),day:new Intl.DateTimeFormat(e,{dateStyle:"medium"}),relative:new Intl.RelativeTimeFormat(e,{numeric:"auto"}),units:new Map(
xo.map(([n])=>[n,t(n)]))}}async function To(e){We=await(await fetch(new URL(`../text/${e}.json`,import.meta.url))).json(),
Ce=So(e),document.documentElement.lang=e}function s(e,t={}){let n=typeof t.count=="number"?`${e}.${Ce.plural.select(t.count)}`:
e,r=We[n]??We[`${e}.other`]??We[e];return r===void 0?(console.error(`no words for ${e}`),e):r.replace(/\{(\w+)\}/g,(o,a)=>typeof t[a]==
"number"?di(t[a]):`${t[a]??""}`)}function Ao(e,t){let n=o=>[...(We[o]??"").matchAll(/\{(\w+)\}/g)].map(([,a])=>a??""),r=e.
find(o=>de(o)&&n(o).every(a=>a in t));return r?s(r,t):""}var de=e=>e in We,di=e=>Ce.number.format(e),q=e=>Ce.moment.format(
new Date(e)),zt=e=>Ce.day.format(new Date(e)),Eo=e=>{let[t,n]=xo.find(([,r])=>Math.abs(e)>=r)??["second",1];return[t,Math.
trunc(e/n)]};function te(e,t){let[n,r]=Eo((new Date(e).getTime()-t)/1e3);return Ce.relative.format(r,n)}var In=(e,t)=>te(
e,Math.max(t,new Date(e).getTime()));function He(e){let[t,n]=Eo(Math.max(0,e));return Ce.units.get(t)?.format(n)??""}var je=k(null),D=k(""),qo=0;D.subscribe(()=>qo=performance.now());var Oo=()=>{performance.now()-qo>1500&&(D.value="")},pe=e=>je.
value=e,T=e=>e instanceof P?e.status?e.message:s("offline"):e instanceof Error?e.message:`${e}`;function Co(){let e=ie(null),
t=j({busy:!1,problem:""}),n=je.value;return L(()=>{t.value={busy:!1,problem:""},n&&!e.current?.open&&e.current?.showModal(),
n||e.current?.close(),n||setTimeout(()=>document.activeElement===document.body&&document.querySelector("h1")?.focus())},
[n]),c`<dialog ref=${e} aria-labelledby="question" onClose=${()=>je.value=null}>
    ${n&&c`<form onSubmit=${async o=>{if(o.preventDefault(),!(!n||t.value.busy)){t.value={busy:!0,problem:""};try{D.value=
await n.act()??"",je.value===n&&(je.value=null)}catch(a){je.value===n?t.value={busy:!1,problem:T(a)}:D.value=`${n.title}\
 ${T(a)}`}}}}>
      <h2 id="question">${n.title}</h2>
      <div>${n.text}</div>
      ${t.value.problem&&c`<p class="problem" role="alert" lang="en">${t.value.problem}</p>`}
      <div class="buttons">
        <button type="button" onClick=${()=>je.value=null}>${s("dialog.no")}</button>
        <button class=${n.danger?"danger":"main"} disabled=${t.value.busy}>${n.yes}</button>
      </div>
    </form>`}
  </dialog>`}function it(e,t){let n=document.createElement("a");n.href=URL.createObjectURL(t),n.download=e,n.click(),setTimeout(()=>URL.
revokeObjectURL(n.href),6e4)}async function Ft(e,t){let n=/filename="([^"]+)"/.exec(e.headers.get("Content-Disposition")??
"")?.[1];it(n??t,await e.blob())}var Mn=e=>e.map(t=>`"${t.replace(/^\s*[=+\-@＝＋－＠]|^[\t\r\n]/,"'$&").replace(/[\r\n]+/g,
" ").replace(/"/g,'""')}"`).join(",");var Wn=100,jo=["vault","name","request_id","state","created","changed","owner","signer","issuer","error","by"];function Ro({
shown:e,picked:t,clear:n}){let r=t.filter(Jt),o=t.filter(i=>ue(i)&&i.request_id&&st(i,"acknowledge")),a=t.length?t:e;return c`<div class="bulk" role="group" aria-label=${s(
"bulk.title")}>
    <span>${t.length?s("bulk.picked",{count:t.length}):s("bulk.shown",{count:e.length})}</span>
    ${t.length>0&&c`<button class="plain" onClick=${n}>${s("bulk.clear")}</button>`}
    ${r.length>0&&c`<button disabled=${r.length>Wn} title=${r.length>Wn?s("bulk.too-many",{most:Wn}):""}
      onClick=${()=>pi(r)}>${s("bulk.csrs",{count:r.length})}</button>`}
    ${o.length>0&&c`<button onClick=${()=>Hn(o)}>${s("bulk.acknowledge",{count:o.length})}</button>`}
    ${a.length>0&&c`<button onClick=${()=>fi(a)}>${s("bulk.csv")}</button>`}
  </div>`}function pi(e){pe({title:s("bulk.csrs",{count:e.length}),text:s("bulk.csrs-text"),yes:s("bulk.save"),act:async()=>Ft(
await Ee("GET","csrs",{query:{request_id:e.map(t=>t.request_id).join(",")}}),"csrs.zip")})}function fi(e){let t=[Mn([...jo]),
...e.map(n=>Mn(jo.map(r=>`${n[r]??""}`)))];it("certflow-requests.csv",new Blob([t.join(`\r
`),`\r
`],{type:"text/csv"}))}function Hn(e){let t=k("7d"),n=k(""),r=[...e];pe({title:s("acknowledge.title",{count:e.length}),text:c`<p>${s(
"acknowledge.text")}</p>
      <label for="until">${s("acknowledge.until")}</label>
        <select id="until" onChange=${o=>t.value=o.target.value}>
          ${["1d","3d","7d","14d","30d"].map(o=>c`<option value=${o} selected=${o==="7d"}>${s("acknowledge.days",{count:parseInt(
o,10)})}</option>`)}
        </select>
      <label for="why">${s("acknowledge.why")}</label>
        <input id="why" required maxlength="200" onInput=${o=>n.value=o.target.value} />`,yes:s("acknowledge.yes"),act:async()=>{
let o=[],a=[];for(let i of r)try{await x("POST",B(i,"/pending/acknowledge"),{query:{request_id:i.request_id??""},json:{until:t.
value,why:n.value}})}catch(l){o.push(`${i.name}: ${T(l)}`),a.push(i)}if(r=a,oe(),o.length)throw new Error(o.join(`
`));return s("acknowledge.done",{count:e.length})}})}var Po=12;function Uo({label:e,columns:t,rows:n,keyOf:r,sort:o,onSort:a,selected:i,tone:l}){let d=ie(null),[[f,u],h]=Tr(
[0,40]),m=ie(44);return Ar(()=>{let p=()=>{if(!d.current)return;m.current=parseFloat(getComputedStyle(d.current).getPropertyValue(
"--row"))||44;let _=-d.current.getBoundingClientRect().top/m.current,S=Math.max(0,Math.floor(_)-Po),$=Math.ceil(_+innerHeight/
m.current)+Po;h(y=>y[0]===S&&y[1]===$?y:[S,$])};return p(),addEventListener("scroll",p,{passive:!0}),addEventListener("r\
esize",p),()=>{removeEventListener("scroll",p),removeEventListener("resize",p)}},[n.length]),L(()=>{d.current?.style.setProperty(
"height",`${n.length*m.current}px`)}),c`<div role="table" class="table" aria-label=${e} aria-rowcount=${n.length+1} onKeyDown=${vi}>
    <div role="rowgroup" class="head"><div role="row" aria-rowindex="1" class="row">
      ${t.map(p=>c`<${hi} key=${p.name} column=${p} sort=${o} onSort=${a} />`)}
    </div></div>
    <div role="rowgroup" class="body" ref=${d}>
      ${n.slice(f,u).map((p,_)=>{let S=r(p),$=f+_;return c`<div role="row" key=${S} class=${`row ${l?.(p)??""}`} aria-rowindex=${$+
2} data-place=${$}
          aria-selected=${i?i.has(S):void 0} ref=${mi($)}>
          ${t.map(y=>c`<div role="cell" key=${y.name} class=${`cell ${y.name}`}>${y.cell(p)}</div>`)}
        </div>`})}
    </div>
  </div>`}var mi=e=>t=>{t?.style.setProperty("--place",`${e}`)};function hi({column:e,sort:t,onSort:n}){let{name:r,head:o,
sorted:a}=e;if(!a)return c`<div role="columnheader" class=${`cell ${r}`}>${o}</div>`;let[i,l]=t.startsWith("-")?[t.slice(
1),!0]:[t,!1],d=i!==r?"none":l?"descending":"ascending",f=i===r&&!l?`-${r}`:r;return c`<div role="columnheader" class=${`\
cell ${r}`} aria-sort=${d}>
    <button class="plain" title=${a} onClick=${()=>n(f)}>${o}<span aria-hidden="true">${_i[d]}</span></button>
  </div>`}var _i={none:"",ascending:" ↑",descending:" ↓"};function vi(e){let t={ArrowDown:1,ArrowUp:-1}[e.key],n=e.target instanceof
Element?e.target.closest("[data-place]"):null;if(!t||!(n instanceof HTMLElement)||!(e.target instanceof HTMLAnchorElement))
return;let r=n.parentElement?.querySelector(`[data-place="${Number(n.dataset.place)+t}"] a`);r instanceof HTMLElement&&(e.
preventDefault(),r.focus(),r.scrollIntoView({block:"nearest"}))}var $i={stalled:"▲",failed:"✕","your-turn":"✎","in-progress":"◔",asked:"○",done:"✓",cancelled:"–"},be=({state:e})=>c`<span class=${`\
state ${e}`}><span aria-hidden="true">${$i[e]??"?"}</span> ${s(`state.${e}`)}</span>`;var Bn=Object.fromEntries(Dn.map((e,t)=>[e,t])),No={name:e=>e.name.toLowerCase(),vault:e=>e.vault.toLowerCase(),state:e=>Bn[e.
state]??9,age:e=>-Date.parse(e.created??e.changed??""),owner:e=>(e.owner??"￿").toLowerCase(),issuer:e=>(e.issuer??"￿").
toLowerCase()};function yi(e,{state:t,q:n,mine:r,sort:o}){let a=n.toLowerCase().split(/\s+/).filter(Boolean),i=e.filter(
u=>(!t||u.state===t)&&(!r||ve(u.owner)||ve(u.signer)||ve(u.by))&&a.every(h=>u.text.includes(h)));if(!o)return i.sort((u,h)=>(Bn[u.
state]??9)-(Bn[h.state]??9));let[l,d]=o.startsWith("-")?[o.slice(1),-1]:[o,1],f=Object.hasOwn(No,l)&&No[l]||(()=>0);return i.
sort((u,h)=>d*bi(f(u),f(h)))}var bi=(e,t)=>e<t?-1:e>t?1:0;function Lo(){let e=E.value.query,t={state:e.get("state")??"",
q:e.get("q")??"",mine:e.get("mine")==="yes",sort:e.get("sort")??""},n=re.value,r=nt(()=>yi(n,t),[n,t.state,t.q,t.mine,t.
sort]),o=j(new Set),a=r.filter(i=>o.value.has(i.key));return c`
    <h1>${s("requests.title")}</h1>
    <${wi} all=${n} by=${t} />
    <div class="tools">
      <label class="search">${s("requests.search")}
        <input type="search" id="search" value=${t.q} placeholder=${s("requests.search-for")}
          onInput=${i=>z({q:i.target.value})} /></label>
      <label class="check"><input type="checkbox" checked=${t.mine}
        onChange=${i=>z({mine:i.target.checked?"yes":""})} /> ${s("requests.mine")}</label>
      ${t.sort&&c`<button class="plain" onClick=${()=>z({sort:""})}>${s("requests.unsorted")}</button>`}
    </div>
    <${Ro} shown=${r} picked=${a} clear=${()=>o.value=new Set} />
    ${r.length?c`<${Uo} label=${s("requests.title")} rows=${r} keyOf=${i=>i.key} sort=${t.sort}
          onSort=${i=>z({sort:i})} columns=${ki(o,r)} selected=${o.value}
          tone=${i=>i.state} />`:c`<${gi} filtered=${!!n.length} />`}
    ${G.value?.left_out?c`<p class="note">${s("requests.left-out",{count:G.value.left_out})}</p>`:null}`}function gi({filtered:e}){
return G.value?e?c`<p class="empty">${s("requests.no-match")} <button onClick=${()=>z({state:"",q:"",mine:""})}>${s("req\
uests.all")}</button></p>`:c`<p class="empty">${s("requests.none")} ${X("request")&&c`<a href="#/new">${s("nav.new")}</a>`}</p>`:
c`<p class="empty" role="status">${Q.value.problem?"":s("loading")}</p>`}function wi({all:e,by:t}){let n={};for(let r of e)
n[r.state]=(n[r.state]??0)+1;return c`<div class="chips" role="group" aria-label=${s("requests.states")}>
    <button aria-pressed=${!t.state} onClick=${()=>z({state:""})}>${s("requests.all")} <b>${e.length}</b></button>
    ${Dn.map(r=>c`<button key=${r} aria-pressed=${t.state===r}
      onClick=${()=>z({state:t.state===r?"":r})}><${be} state=${r} /> <b>${n[r]??0}</b></button>`)}
  </div>`}function ki(e,t){let n=(a,i)=>{let l=new Set(e.value);for(let d of a)i?l.add(d):l.delete(d);e.value=l},r=t.length>
0&&t.every(a=>e.value.has(a.key)),o=(a,i,l)=>c`<input type="checkbox" aria-label=${a} checked=${i}
      onChange=${d=>n(l,d.target.checked)} />`;return[{name:"pick",head:o(s("requests.pick-all"),r,t.map(a=>a.key)),cell:a=>o(
s("requests.pick",{name:a.name}),e.value.has(a.key),[a.key])},{name:"name",head:s("column.name"),sorted:s("requests.sort"),
cell:xi},{name:"vault",head:s("column.vault"),sorted:s("requests.sort"),cell:a=>a.vault},{name:"state",head:s("column.st\
ate"),sorted:s("requests.sort"),cell:a=>c`<${be} state=${a.state} />`},{name:"age",head:s("column.age"),sorted:s("reques\
ts.sort"),cell:Si},{name:"owner",head:s("column.owner"),sorted:s("requests.sort"),cell:a=>a.owner??s("nobody")},{name:"i\
ssuer",head:s("column.issuer"),sorted:s("requests.sort"),cell:a=>K(a.issuer)},{name:"next",head:s("column.next"),cell:Ti}]}
function xi(e){let{name:t,names:n}=e,r=n.filter(a=>a!==t).join(", "),o=r?`${t}: ${r}`:t;return e.request_id?c`<a href=${J(
{...e,request_id:e.request_id})} title=${o}><bdi>${t}</bdi></a>`:c`<span title=${o}><bdi>${t}</bdi></span>`}var K=e=>e===
null?"":e==="Unknown"?s("issuer.own-ca"):e==="Self"?s("issuer.self"):e;function Si(e){let t=e.created;if(!t)return"";let n=!ue(
e)&&e.changed?Date.parse(e.changed):U.value;return c`<time datetime=${t} title=${q(t)}>${He((n-Date.parse(t))/1e3)}</time>`}
function Ti(e){return e.error&&e.error_code!=="check-failed"?c`<span class="error" lang="en" title=${e.error}>${e.error}</span>`:
e.changed&&ue(e)?s("next.cancelling"):e.state==="your-turn"&&st(e,"return")?s("next.your-turn"):e.state==="your-turn"?e.
signer?s("next.signer",{signer:e.signer}):s("next.somebody"):e.state==="stalled"&&e.issuer!=="Unknown"?s("next.ask-issue\
r",{issuer:K(e.issuer)}):e.state==="stalled"?st(e,"return")?s("next.your-turn"):s("next.somebody"):e.next_check&&e.state===
"in-progress"?Date.parse(e.next_check)>U.value?s("next.check",{when:te(e.next_check,U.value)}):s("next.check-soon"):e.changed&&
!ue(e)?te(e.changed,U.value):""}var Ai=6e4,Io="100",ge="awaiting-approval",lt=k(null),Vt=()=>X("approve")||X("request"),Be=e=>e.may.includes("approve");
async function Je(){lt.value=(await x("GET","approvals",{query:{state:ge,limit:Io}})).value}function Mo(){let e=()=>{document.
hidden||Je().catch(()=>{})};e(),setInterval(e,Ai)}function Wo(){let e=E.value.query.get("state")==="all",t=j({all:null,problem:""});
L(()=>{(e?x("GET","approvals",{query:{limit:Io}}).then(i=>i.value):Je().then(()=>null)).then(i=>t.value={all:i,problem:""},
i=>t.value={all:null,problem:T(i)})},[e]);let n=e?t.value.all:lt.value,[r,o]=[n?.filter(Be)??[],n?.filter(a=>!Be(a))??[]];
return c`<h1>${s("approvals.title")}</h1>
    <div class="chips" role="group" aria-label=${s("approvals.which")}>
      <button aria-pressed=${!e} onClick=${()=>z({state:""})}>${s("approvals.waiting")} <b>${lt.value?.length??""}</b></button>
      <button aria-pressed=${e} onClick=${()=>z({state:"all"})}>${s("approvals.all")}</button>
    </div>
    ${t.value.problem&&c`<p class="problem" role="alert" lang="en">${t.value.problem}</p>`}
    ${n===null?!t.value.problem&&c`<p class="empty" role="status">${s("loading")}</p>`:c`
      <${Do} title=${s("approvals.mine")} all=${r} none=${e?"":s("approvals.none-mine")} />
      <${Do} title=${s(e?"approvals.decided":"approvals.others")} all=${o} none="" />`}`}function Do({title:e,all:t,none:n}){
return t.length?c`<h2>${e}</h2><ol class="cards">${t.map(r=>c`<${Ei} key=${r.id} one=${r} />`)}</ol>`:n&&c`<p class="empty">${n}</p>`}
var Ei=({one:e})=>c`<li class="card">
  <h3><a href=${ee("approval",[e.id])}><bdi>${e.name}</bdi></a></h3>
  <p class="outcome"><${Jn} state=${e.state} /></p>
  <dl>
    <dt>${s("column.vault")}</dt><dd>${e.vault}</dd>
    <dt>${s("column.by")}</dt><dd><bdi>${e.asked_by}</bdi></dd>
    <dt>${s("column.waiting")}</dt><dd><time datetime=${e.asked} title=${q(e.asked)}>${e.state===ge?He((U.value-Date.parse(
e.asked))/1e3):te(e.asked,U.value)}</time></dd>
    <dt>${s("column.names")}</dt><dd><bdi>${e.names.join(", ")}</bdi></dd>
    <dt>${s("column.issuer")}</dt><dd>${K(e.policy.issuer)}</dd>
  </dl></li>`,qi={[ge]:"○",approved:"◔",started:"✓",refused:"✕",expired:"–",withdrawn:"–",failed:"✕"},Oi={
[ge]:"your-turn",started:"done",refused:"failed",failed:"failed"},Jn=({state:e})=>c`<span class=${`state ${Oi[e]??"cance\
lled"}`}><span aria-hidden="true">${qi[e]??"?"}</span> ${de(`approval.${e}`)?s(`approval.${e}`):e}</span>`;function Gt(e){let t=[],n=0,r=()=>{for(;n<e;){let o=t.shift();if(!o)return;n++,o().finally(()=>{n--,r()})}};return o=>new Promise(
(a,i)=>{t.push(()=>o().then(a,i)),r()})}var Ci=Uint32Array.from({length:256},(e,t)=>{for(let n=0;n<8;n++)t=t&1?3988292384^t>>>1:t>>>1;return t});function ji(e){
let t=-1;for(let n of e)t=(Ci[(t^n)&255]??0)^t>>>8;return~t>>>0}function zn(e){let t=new DataView(new ArrayBuffer(e.reduce(
(r,[,o])=>r+o,0))),n=0;for(let[r,o]of e)o===2?t.setUint16(n,r,!0):t.setUint32(n,r,!0),n+=o;return new Uint8Array(t.buffer)}
async function Ho(e){let t=[],n=[],r=0;for(let[i,l]of e.entries()){let d=new Uint8Array(await l.arrayBuffer()),f=new TextEncoder().
encode(`${i+1}/${l.name}`),u=[[20,2],[2048,2],[0,2],[0,2],[33,2],[ji(d),4],[d.length,4],[d.length,4],[f.length,2],[0,2]];
t.push(zn([[67324752,4],...u]),f,d),n.push(zn([[33639248,4],[20,2],...u,[0,2],[0,2],[0,2],[0,4],[r,4]]),f),r+=30+f.length+
d.length}let o=new Blob(n).size,a=zn([[101010256,4],[0,2],[0,2],[e.length,2],[e.length,2],[o,4],[r,4],[0,2]]);return new Blob(
[...t,...n,a])}var Yt=40,Ri=3,F=k([]),ze=Pe(()=>F.value.filter(e=>e.step!=="merged").length),Pi=0,Ui=Gt(Ri);function Fe(e){if(!X("retur\
n")){D.value=s("drop.not-granted");return}let t=[...e],n=Math.max(0,Yt-F.value.length),r=t.slice(0,n).map(o=>({id:++Pi,file:o,
step:"waiting",report:null,words:""}));F.value=[...F.value,...r],t.length>n&&(D.value=s("drop.too-many",{count:t.length-
n,most:Yt})),E.value.page!=="drop"&&$e("#/drop");for(let o of r)Fn(o.id)}async function Bo(e){let t=await Ho(e.map(n=>n.
file));F.value=F.value.filter(n=>!e.includes(n)),Fe([new File([t],`${e.map(n=>n.file.name.replace(/\.\w+$/,"")).join(" +\
 ").slice(0,100)}.zip`)])}var Jo=e=>F.value=F.value.filter(t=>t.id!==e),zo=()=>F.value=[],Zt=({step:e,report:t})=>e==="j\
udged"&&t?.outcome==="would-merge"&&t.findings.every(n=>n.severity==="note"),ct=({step:e,report:t})=>e==="judged"&&t?.outcome===
"would-merge",Fn=e=>Fo(e,"inspecting","judged","chains/inspect"),Vn=e=>Fo(e,"merging","merged","chains");function Fo(e,t,n,r){
Kt(e,{step:"waiting",words:"",...n==="judged"&&{report:null}}),Ui(async()=>{let o=F.value.find(a=>a.id===e);if(o){Kt(e,{
step:t});try{let a=r==="chains"?{file:Li(o.file)}:void 0,i=await x("POST",r,{query:a,body:o.file,headers:{"Content-Type":"\
application/octet-stream"}});Kt(e,{step:n==="merged"&&!["merged","already-merged"].includes(i.outcome)?"judged":n,report:i})}catch(a){
Kt(e,{step:"failed",words:T(a)})}n==="merged"&&oe()}})}var Ni=/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{VS}\u034f\u115f\u1160\u2800\u3164\uffa0]/gu,
Li=({name:e})=>e.replace(Ni,"").trim().slice(-200)||"file",Kt=(e,t)=>F.value=F.value.map(n=>n.id===e?{...n,...t}:n);function Vo(){
let e=t=>{t.dataTransfer?.types.includes("Files")&&(t.preventDefault(),document.body.classList.add("dragging"))};addEventListener(
"dragover",e),addEventListener("dragleave",t=>t.relatedTarget||document.body.classList.remove("dragging")),addEventListener(
"drop",t=>{document.body.classList.remove("dragging"),t.dataTransfer?.files.length&&(t.preventDefault(),Fe(t.dataTransfer.
files))})}var Qt=["RSA 2048","RSA 3072","RSA 4096","EC P-256","EC P-384","EC P-521"],Ve={vault:"",name:"",subject:"",names:"",issuer:"",
key:"RSA 2048",months:"6",owner:"",signer:"",exportable:!1,stored:!1,replace:""},Di=e=>e.split(/[\s,;]+/).filter(Boolean);
function Xt(e){let n={...{...e.owner.trim()&&{owner:e.owner.trim()},...e.signer.trim()&&{signer:e.signer.trim()}},...e.replace&&
{if_pending:"replace"}};return e.stored?n:{policy:Ii(e),...n}}function Ii(e){let t=Di(e.names),[n="RSA",r="2048"]=e.key.
split(" "),o=n==="EC"?{kty:"EC",crv:r}:{kty:"RSA",key_size:Number(r)},a=Number(e.months);return{key_props:{exportable:e.
exportable,...o},x509_props:{subject:e.subject.trim()||(t[0]?`CN=${t[0]}`:""),...t.length&&{sans:{dns_names:t}},...a&&{validity_months:a}},
...e.issuer&&{issuer:{name:e.issuer}}}}var Go=(e,t)=>`curl -X POST '${e}' \\
  -H "Authorization: Bearer $TOKEN" \\
  -d '${JSON.stringify(t,null,2).replaceAll("'","'\\''")}'`;function Ko(e){let t=/^[\w.[\]-]+(?=[: ])/.exec(e)?.[0]??"";
return Mi.find(([n])=>t===n||t.includes(n))?.[1]??""}var Mi=[["sans","names"],["subject","subject"],["validity_months","\
months"],["key_props","key"],["issuer","issuer"],["owner","owner"],["signer","signer"],["name","name"],["vault","vault"]];function Yo({vault:e,take:t}){let n=j({from:"",problem:"",busy:!1}),r=async()=>{n.value={...n.value,problem:"",busy:!0};
try{let{policy:o}=await x("GET",B({vault:e,name:n.value.from}));if(!o)throw new Error(s("new.copy-none"));let a=o.curve?
`EC ${o.curve}`:`RSA ${o.key_size??2048}`;t({names:o.names.join(`
`),subject:o.subject??"",issuer:o.issuer,months:`${o.months??""}`,exportable:o.exportable,...Qt.includes(a)&&{key:a}}),n.
value={...n.value,busy:!1}}catch(o){n.value={...n.value,problem:T(o),busy:!1}}};return c`<div class="copy"><div class="field"><label for="new-copy">${s(
"new.copy")}</label>
      <input id="new-copy" autocomplete="off" spellcheck=${!1} value=${n.value.from} onInput=${o=>n.value={...n.value,from:o.
target.value}} /></div>
    <button type="button" disabled=${!e||!n.value.from||n.value.busy} onClick=${r}>${s("new.copy-take")}</button>
    ${n.value.problem&&c`<span class="problem" role="alert" lang="en">${n.value.problem}</span>`}</div>`}function Zo({of:e,run:t,problem:n,wrong:r,busy:o}){let a=r?c`<p><${Qo} good=${!1} /></p>`:n?c`<p class="problem" lang="en">${T(
n)}</p>`:t?c`<${Hi} of=${e} run=${t} />`:c`<p class="note">${s("new.nothing-yet")}</p>`;return c`<section class="judged" aria-live="polite" aria-busy=${o}><h2>${s(
"new.judged")}</h2>${a}</section>`}var Wi=()=>c`<span class="state your-turn"><span aria-hidden="true">○</span> ${s("n\
ew.would-wait")}</span>`,Qo=({good:e})=>c`<span class=${`state ${e?"done":"failed"}`}><span aria-hidden="true">${e?"✓":
"✕"}</span> ${s(e?"new.allowed":"new.not-allowed")}</span>`;function Hi({of:{vault:e,name:t},run:n}){let r=re.value.find(
u=>u.vault===e&&u.name.toLowerCase()===t.toLowerCase()&&ue(u)),o=n.refusal?.reason==="pending"?r:void 0,{policy:a,refusal:i,
approvals:l}=n,d=!!l?.length&&!i&&!n.forbidden?.missing?.length,f=d?null:n.forbidden;return c`
    <p>${d?c`<${Wi} />`:c`<${Qo} good=${n.allowed} />`}</p>
    ${[f,i].map(u=>u&&c`<p class="problem" lang="en">${u.message}</p>`)}
    ${o?.request_id&&c`<p><a href=${J({...o,request_id:o.request_id})}>${s("new.see-pending")}</a></p>`}
    ${f?.missing?.map(u=>c`<p class="note">${s("new.missing",{what:u.what,asked:u.asked,granted:u.granted.join(", ")||s(
"nothing")})}</p>`)}
    ${l?.map(u=>c`<p>${s("new.approvals",{count:u.count,by:u.by.join(", ")||s("new.approvers")})}</p>`)}
    <dl class="facts">
      <dt>${s("csr.subject")}</dt><dd><bdi>${a.subject}</bdi></dd>
      <dt>${s("column.names")}</dt><dd><bdi>${Object.values(a.names).flat().join(", ")||s("nothing")}</bdi></dd>
      <dt>${s("column.issuer")}</dt><dd>${K(a.issuer)}</dd>
      <dt>${s("csr.key")}</dt><dd>${a.key.replace(":"," ")}</dd>
      <dt>${s("new.months")}</dt><dd>${a.months}</dd>
    </dl>`}var Bi=400,O=k(Ve),ut=()=>JSON.stringify({...O.value,owner:"",vault:""})!==JSON.stringify({...Ve,owner:"",vault:""}),Xo="",
Gn="";function ea(){let e=j([]),t=j({run:null,problem:null,busy:!1}),n=j({busy:!1,problem:null});L(()=>{Ji(E.value.query),
x("GET","vaults").then(d=>{e.value=d.value.filter(f=>!f.observed),!O.value.vault&&e.value.length===1&&Ge({vault:e.value[0]?.
vault??""})},d=>n.value={busy:!1,problem:d})},[]);let r=JSON.stringify(O.value);if(L(()=>{if(n.value={...n.value,problem:null},
t.value=O.value.vault&&O.value.name?t.value:{run:null,problem:null,busy:!1},!O.value.vault||!O.value.name)return;let d=new AbortController,
f=setTimeout(async()=>{t.value={...t.value,busy:!0};try{let u=await x("POST",B(O.value,"/create"),{query:{dry_run:"true"},
json:Xt(O.value),signal:d.signal});t.value={run:u,problem:null,busy:!1}}catch(u){u instanceof P&&(t.value={run:null,problem:u,
busy:!1})}},Bi);return()=>{clearTimeout(f),d.abort()}},[r]),!X("request"))return c`<h1>${s("new.title")}</h1><p class="empty">${s(
"new.not-granted")}</p>`;let{run:o,problem:a}=t.value,i=a?Ko(a.message):"",l=async d=>{d.preventDefault(),n.value={busy:!0,
problem:null};try{await zi()}catch(f){n.value={busy:!1,problem:f instanceof P?f:new P(0,void 0,T(f))}}};return c`<h1>${s(
"new.title")}</h1>
    <form class="form" onSubmit=${l}>
      <div><${Fi} vaults=${e.value} wrong=${i} words=${i&&a?a.message:""} /></div>
      <div class="beside"><${Zo} of=${O.value} run=${o} problem=${a} wrong=${!!i} busy=${t.value.busy} />
      ${n.value.problem&&c`<${Vi} problem=${n.value.problem} />`}
      <div class="buttons">
        <button class="main" disabled=${n.value.busy||!O.value.vault||!O.value.name}>${s(O.value.replace?"new.replace":"\
new.start")}</button>
        <button type="button" class="plain" onClick=${()=>O.value={...Ve,owner:Oe()}}>${s("new.clear")}</button>
      </div>
      <${Gi} /></div>
    </form>`}var Ge=e=>O.value={...O.value,...e};function Ji(e){e.get("name")?O.value={...Ve,owner:"",vault:e.get("vault")??
"",name:e.get("name")??"",stored:!0,replace:e.get("replace")??""}:!ut()&&!O.value.owner&&Ge({owner:Oe().includes("@")?Oe():
""})}async function zi(){let e=O.value,t=Xt(e),n=JSON.stringify([e.vault,e.name,t]);n!==Gn&&([Xo,Gn]=[crypto.randomUUID(),
n]),e.replace&&await x("GET",B(e,"/pending"),{query:{request_id:e.replace}});let r=await x("POST",B(e,"/create"),{json:t,
headers:{"Idempotency-Key":Xo}});if(Gn="",O.value={...Ve,owner:e.owner},r.state===ge)return D.value=s("new.waits",{name:e.
name}),await Je().catch(()=>{}),$e(ee("approval",[r.id]));D.value=r.note??s("new.started",{name:e.name}),await oe(),$e(J(
{...e,request_id:r.request_id}))}function Fi({vaults:e,wrong:t,words:n}){let r=O.value,o=e.find(l=>l.vault===r.vault)?.issuers??
[],a=(l,d)=>c`<div class="field"><label for=${`new-${l}`}>${s(`new.${l}`)}</label>
    ${d({id:`new-${l}`,"aria-invalid":t===l?"true":void 0,"aria-describedby":t===l?"wrong":void 0,onInput:f=>Ge({[l]:f.target.
value})})}
    ${t===l&&c`<span id="wrong" class="problem" role="alert" lang="en">${n}</span>`}</div>`,i=(l,d,f=u=>u)=>l.map(u=>c`<option key=${u} value=${u} selected=${u===
d}>${f(u)}</option>`);return c`
    ${a("vault",l=>c`<select required ...${l}><option value="">${s("new.choose")}</option>${i(e.map(d=>d.vault),r.vault)}</select>`)}
    ${a("name",l=>c`<input required autocomplete="off" spellcheck=${!1} value=${r.name} ...${l} />`)}
    <label class="check"><input type="checkbox" checked=${r.stored} onChange=${l=>Ge({stored:l.target.checked})} /> ${s(
"new.stored")}</label>
    ${!r.stored&&c`<fieldset><legend>${s("new.policy")}</legend>
      ${a("names",l=>c`<textarea rows="3" spellcheck=${!1} value=${r.names} ...${l}></textarea>`)}
      ${a("subject",l=>c`<input autocomplete="off" spellcheck=${!1} value=${r.subject} placeholder=${s("new.subject-defa\
ult")} ...${l} />`)}
      ${a("issuer",l=>c`<select required ...${l}><option value="">${s("new.choose")}</option>${i(["Unknown",...o],r.issuer,
d=>K(d))}</select>`)}
      ${a("key",l=>c`<select ...${l}>${i(Qt,r.key)}</select>`)}
      ${a("months",l=>c`<input type="number" min="1" max="1200" inputmode="numeric" value=${r.months} ...${l} />`)}
      <label class="check"><input type="checkbox" checked=${r.exportable} onChange=${l=>Ge({exportable:l.target.checked})} /> ${s(
"new.exportable")}</label>
      <${Yo} vault=${r.vault} take=${Ge} />
    </fieldset>`}
    ${a("owner",l=>c`<input autocomplete="off" value=${r.owner} ...${l} />`)}
    ${a("signer",l=>c`<input autocomplete="off" value=${r.signer} ...${l} />`)}
    ${r.replace&&c`<p class="band warning">${s("new.replace-text")}</p>`}`}function Vi({problem:e}){let t=O.value,n=e.body?.
request_id;return c`<div class="problem" role="alert"><p lang="en">${T(e)}</p>
    ${n&&c`<p><a href=${J({...t,request_id:n})}>${s("new.see-pending")}</a></p>`}</div>`}function Gi(){let e=O.value,t=Xt(
e),n=new URL(B({vault:e.vault||"VAULT",name:e.name||"NAME"},"/create"),at).href;return c`<details><summary>${s("new.prev\
iew")}</summary><pre tabindex="0" aria-label=${s("new.preview")}>${Go(n,t)}</pre></details>`}var Ki=new Set(["serverAuth","clientAuth"]),Yi=new Set(["names","subject","issuer","key","months","wildcard","unread"]);
function ta({one:e}){let t=Object.entries(e.difference??{});return t.length?c`<section aria-labelledby="difference"><h2 id="difference">${s(
"approval.difference")}</h2>
    <div class="scrolls" tabindex="0" role="region" aria-labelledby="difference"><table class="plain"><thead><tr><th>${s(
"approval.field")}</th><th>${s("approval.before")}</th><th>${s("approval.after")}</th></tr></thead>
    <tbody>${t.map(([n,[r,o]])=>c`<tr><th scope="row">${na(n)}</th>
      <td><bdi>${Kn(r)}</bdi></td><td><bdi>${Kn(o)}</bdi></td></tr>`)}</tbody></table></div></section>`:null}var na=e=>de(
`field.${e}`)?s(`field.${e}`):e;function Kn(e){return typeof e=="boolean"?s(e?"yes":"no"):(e!==null&&typeof e=="object"?
Object.values(e).flat():[e??""]).join(", ")||s("nothing")}function ra({one:e}){let t=Zi(e);return c`<section aria-labelledby="facts"><h2 id="facts">${s(
"approval.what")}</h2>
    ${t.length>0&&c`<div class="look"><h3>${s("approval.look")}</h3><ul>${t.map(n=>c`<li>${n}</li>`)}</ul></div>`}
    <dl class="facts">${Qi(e).filter(([,n])=>n).map(([n,r])=>c`<dt>${n}</dt><dd><bdi>${r}</bdi></dd>`)}</dl>
    ${Object.keys(e.body).length>0&&c`<details><summary>${s("approval.body")}</summary><pre tabindex="0" aria-label=${s(
"approval.body")}>${JSON.stringify(e.body,null,2)}</pre></details>`}
  </section>`}function Zi({basis:e,policy:t}){let n=t.ekus.filter(r=>!Ki.has(r));return[t.ca&&s("approval.look.ca"),t.wildcard&&
s("approval.look.wildcard"),n.length>0&&s("approval.look.ekus",{ekus:n.join(", ")}),t.auto_renew&&s("approval.look.auto-\
renew"),t.unread.length>0&&s("approval.look.unread",{fields:t.unread.join(", ")}),e?.how==="replaced"&&s("approval.look.\
replace"),e?.how==="adopted"&&s("approval.look.adopt"),e?.former_owner&&e.former_owner!==e.owner&&s("approval.look.takes\
-over",{from:e.former_owner})].filter(Boolean)}function Qi(e){let{basis:t,policy:n}=e,r=Object.entries(t?.tags??{});return[
[s("column.vault"),e.vault],[s("column.by"),e.asked_by],[s("approval.asked"),q(e.asked)],[s("approval.expires"),q(e.expires)],
[s("column.owner"),e.owner??s("nobody")],[s("column.signer"),t?.signer],[s("csr.subject"),n.subject],[s("column.names"),
Xi(e.names).join(", ")],[s("column.issuer"),K(n.issuer)],[s("csr.key"),n.key.replace(":"," ")],[s("new.months"),n.months],
...Object.entries(n).filter(([o])=>!Yi.has(o)).map(([o,a])=>[na(o),Kn(a)]),[s("approval.tags"),r.map(([o,a])=>`${o}=${a}`).
join(", ")],[s("approval.digest"),e.digest]]}var Xi=e=>[...e].sort((t,n)=>Number(n.startsWith("*"))-Number(t.startsWith(
"*")));function aa(){let[e=""]=E.value.parts,t=j({one:null,problem:""}),n=()=>x("GET",sa(e)).then(i=>t.value={one:i,problem:""},
i=>t.value={...t.value,problem:T(i)});L(()=>{n()},[]);let{one:r,problem:o}=t.value,a=i=>(t.value={one:i,problem:""},Promise.
all([Je().catch(()=>{}),oe()]));return c`<p class="crumbs"><a href="#/approvals">${s("approvals.title")}</a></p>
    <h1><bdi>${r?.name??s("approval.title")}</bdi> ${r&&c`<${Jn} state=${r.state} />`}</h1>
    ${o&&c`<p class="problem" role="alert" lang="en">${o}</p>`}
    ${r?c`<${el} one=${r} done=${a} reread=${n} /><${ta} one=${r} /><${ra} one=${r} />`:!o&&c`<p role="status">${s("load\
ing")}</p>`}`}var sa=(e,t="")=>`approvals/${encodeURIComponent(e).replaceAll(".","%252e")}${t}`;function el({one:e,done:t,
reread:n}){let{decided:r}=e;return c`<section class="now" aria-labelledby="now">
    <h2 id="now">${s("now.title")}</h2>
    <p class="sentence">${tl(e)}</p>
    ${r&&c`<p>${s(r.by?"approval.decided-by":"approval.decided",{when:q(r.at),by:r.by??""})} ${r.reason&&c`<span lang="en">${r.
reason}</span>`}</p>`}
    ${e.error&&c`<p class="error" lang="en">${e.error}</p>`}
    <ul class="needs">${e.needs.map(o=>c`<li>${s("new.approvals",{count:o.approvals,by:o.by.join(", ")||s("new.approvers")})}
      ${o.given.map(a=>c`<span class="note">✓ ${s("approval.given",{by:a.by,when:q(a.at)})}</span>`)}</li>`)}</ul>
    <div class="buttons">
      ${e.may.includes("approve")&&c`<button class="main" onClick=${()=>nl(e,t,n)}>${s("approval.approve")}</button>`}
      ${e.may.includes("refuse")&&c`<button class="danger" onClick=${()=>oa(e,"refuse",t,n)}>${s("approval.refuse")}</button>`}
      ${e.may.includes("withdraw")&&c`<button onClick=${()=>oa(e,"withdraw",t,n)}>${s("approval.withdraw")}</button>`}
      ${e.request_id&&c`<a class="button" href=${J({...e,request_id:e.request_id})}>${s("approval.see-request")}</a>`}
      ${!e.request_id&&e.of==="create"&&["refused","expired","withdrawn","failed"].includes(e.state)&&c`<a class="button" href=${ee(
"new")}>${s("act.again")}</a>`}
    </div>
  </section>`}function tl(e){if(e.state!==ge)return s(de(`approval.now.${e.state}`)?`approval.now.${e.state}`:"approval.\
now.decided");let t=te(e.expires,U.value),n=s(e.of==="elsewhere"?"approval.now.exists":"approval.now.nothing-yet");return Be(
e)?s("approval.now.mine",{ends:t,what:n}):s("approval.now.others",{ends:t,what:n})}var nl=(e,t,n)=>pe({title:s("approval\
.approve-title",{name:e.name}),text:c`<p>${s(`approval.yes.${e.of}`,{by:e.asked_by})}</p>`,yes:s("approval.approve-yes"),
act:async()=>(await t(await ia(e,"approve",{digest:e.digest},n)),s("approval.approved-said",{name:e.name}))}),oa=(e,t,n,r)=>pe(
{title:s(`approval.${t}-title`,{name:e.name}),text:c`<label class="field">${s(t==="refuse"?"approval.why":"approval.why-\
optional")}
      <textarea id="why" rows="3" maxlength="500" required=${t==="refuse"}></textarea></label>`,yes:s(`approval.${t}-yes`),
danger:!0,act:async()=>{let o=document.getElementById("why").value.trim();return await n(await ia(e,t,{...t==="refuse"&&
{digest:e.digest},...o&&{reason:o}},r)),s(`approval.${t}-said`,{name:e.name})}});async function ia(e,t,n,r){try{return await x(
"POST",sa(e.id,`/${t}`),{json:n})}catch(o){throw o instanceof P&&o.status===409&&await r(),o}}function la({chain:e}){let t=e.at(-1),n=t&&t.issuer!==t.subject,r=e.map((o,a)=>({...o,role:a===0?"leaf":o.issuer===o.subject?
"root":"intermediate"}));return c`<ul class="tree" aria-label=${s("tree.title")}>
    ${n&&c`<li class="missing"><b>${s("tree.missing")}</b> <bdi>${t.issuer}</bdi></li>`}
    ${r.reverse().map(o=>c`<li key=${o.sha256} class=${o.role}>
      <b>${s(`tree.${o.role}`)}</b> <bdi>${o.subject}</bdi> <span class="note">${s("tree.until",{day:zt(o.not_after)})}</span></li>`)}
  </ul>`}function ua(){if(!X("return"))return c`<h1>${s("drop.title")}</h1><p class="empty">${s("drop.not-granted")}</p>`;let e=F.
value,t=e.filter(Zt),n=e.filter(o=>o.step==="judged"&&o.report?.outcome!=="would-quarantine"&&!ct(o)&&!da(o)),r=e.filter(
o=>["waiting","inspecting","merging"].includes(o.step)).length;return c`
    <h1>${s("drop.title")}</h1>
    <label class="zone"><span>${s("drop.here")}</span> <span class="button">${s("drop.choose")}</span>
      <span class="note">${s("drop.kinds",{most:Yt})}</span>
      <input type="file" class="hidden" multiple onChange=${o=>{Fe(o.target.files),o.target.value=""}} /></label>
    ${e.length>0&&c`<div class="tools">
      ${t.length>0&&c`<button class="main" onClick=${()=>t.forEach(o=>Vn(o.id))}>${s("drop.merge-all",{count:t.length})}</button>`}
      ${r===0&&n.length>1&&c`<button onClick=${()=>Bo(n)} title=${s("drop.together-text")}>${s("drop.together",{count:n.
length})}</button>`}
      ${r===0&&c`<button onClick=${zo}>${s("drop.clear")}</button>`}
      <span role="status">${r?s("drop.busy",{count:r,all:e.length}):s("drop.judged",{count:e.length})}</span>
    </div>`}
    <ol class="cards files">${e.map(o=>c`<${rl} key=${o.id} one=${o} />`)}</ol>`}function rl({one:e}){let{file:t,step:n,
report:r,words:o}=e,a=["waiting","inspecting","merging"].includes(n);return c`<li class=${`card ${ca(e)}`}>
    <h2><bdi>${t.name}</bdi></h2>
    <p class="outcome"><span class="state">${al[ca(e)]} ${s(`file.${a?n:ol(e)}`)}</span></p>
    ${a&&c`<progress aria-label=${s(`file.${n}`)}></progress>`}
    ${o&&c`<p class="problem" role="alert" lang="en">${o}</p>`}
    ${!a&&r&&c`<${sl} report=${r} />`}
    <div class="buttons">
      ${ct(e)&&c`<button class="main" aria-label=${s("drop.merge-file",{file:t.name})} onClick=${()=>Vn(e.id)}>${s("drop\
.merge")}</button>`}
      ${(n==="failed"||n==="judged")&&c`<button aria-label=${s("drop.again-file",{file:t.name})} onClick=${()=>Fn(e.id)}>${s(
"drop.again")}</button>`}
      ${!a&&c`<button class="plain" aria-label=${s("drop.away-file",{file:t.name})} onClick=${()=>Jo(e.id)}>${s("drop.aw\
ay")}</button>`}
    </div>
  </li>`}function ol(e){return e.step==="failed"?e.report?"merge-failed":"failed":ct(e)&&!Zt(e)?"warned":e.report?.outcome??
e.step}var da=({step:e,report:t})=>e==="judged"&&t?.outcome==="already-merged",ca=e=>e.step==="merged"||da(e)?"done":e.step===
"failed"?"failed":Zt(e)?"clean":ct(e)?"stalled":e.step==="judged"?"failed":"in-progress",al={done:"✓",failed:"✕",clean:"\
●",stalled:"▲","in-progress":"◔"};function sl({report:e}){let t=e.findings.filter(n=>n.sentence!==e.sentence);return c`
    <p class="sentence" lang="en">${e.sentence}</p>
    ${e.next_step&&c`<p lang="en">${e.next_step}</p>`}
    ${e.leaves.map((n,r)=>c`<div class="leaf" key=${r}>
      ${n.request?c`<p>${s("drop.for")} <a href=${J(n.request)}><bdi>${n.request.name}</bdi></a> (${n.request.vault})</p>`:
c`<p>${s("drop.for-none")} <bdi>${n.subject}</bdi></p>`}
      ${n.chain&&c`<${la} chain=${n.chain} findings=${n.findings} />`}
    </div>`)}
    ${t.length>0&&c`<ul class="findings">${t.map((n,r)=>c`<li key=${r} class=${n.severity}>
      <b>${s(`severity.${n.severity}`)}</b> <span lang="en">${n.sentence} ${n.next_step}</span></li>`)}</ul>`}`}var ma={r:"requests",s:"sign",d:"drop",n:"new",a:"approvals"},dt=k(!1),pa=!1;function fa(e){let t=e.target;if(t instanceof
HTMLElement&&(t.isContentEditable||/^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName))||e.ctrlKey||e.metaKey||e.altKey||document.
querySelector("dialog[open]:not(.keys)"))return;let r=pa?ma[e.key]:void 0;pa=e.key==="g",r?$e(`#/${r}`):e.key==="/"?il(e):
e.key==="?"?dt.value=!dt.value:e.key==="Escape"&&(dt.value=!1)}function il(e){e.preventDefault();let t=()=>document.getElementById(
"search");t()||$e("#/requests"),requestAnimationFrame(()=>requestAnimationFrame(()=>t()?.focus()))}function ha(){return L(
()=>(addEventListener("keydown",fa),()=>removeEventListener("keydown",fa)),[]),dt.value?c`<aside class="keys" aria-label=${s(
"keys.title")}><h2>${s("keys.title")}</h2><dl>
    <dt>/</dt><dd>${s("keys.search")}</dd>
    ${Object.entries(ma).map(([e,t])=>c`<dt>g ${e}</dt><dd>${s(`nav.${t}`)}</dd>`)}
    <dt>↑ ↓</dt><dd>${s("keys.arrows")}</dd><dt>?</dt><dd>${s("keys.this")}</dd>
  </dl><button onClick=${()=>dt.value=!1}>${s("said.close")}</button></aside>`:null}function _a({view:e,reread:t}){let n=e.status==="inProgress",r=e.issuer==="Unknown",o=l=>e.may.includes(l)&&!e.observed,
a=n?e.request_id:e.current,i=async()=>{await Promise.all([t(),oe()])};return c`<div class="buttons">
    ${n&&r&&o("return")&&c`<label class="button main">${s("act.return")}
      <input type="file" class="hidden" multiple onChange=${l=>Fe(l.target.files)} /></label>`}
    ${!n&&!a&&o("request")&&c`<a class=${e.state==="done"?"button":"button main"} href=${ee("new",[],{vault:e.vault,name:e.
name})}>${s(e.state==="done"?"act.next":"act.again")}</a>`}
    ${n&&e.may.includes("acknowledge")&&c`<button onClick=${()=>Hn([e])}>${s("act.acknowledge")}</button>`}
    ${n&&!r&&o("cancel")&&!e.cancel_asked&&c`<button onClick=${()=>ll(e,i)}>${s("act.cancel")}</button>`}
    ${n&&o("delete")&&c`<button class="danger" onClick=${()=>cl(e,i)}>${s("act.delete")}</button>`}
    ${n&&o("request")&&o("delete")&&c`<a class="button" href=${ee("new",[],{vault:e.vault,name:e.name,replace:e.request_id})}>${s(
"act.replace")}</a>`}
  </div>`}var ll=(e,t)=>pe({title:s("cancel.title",{name:e.name}),text:c`<p>${s("cancel.text",{issuer:e.issuer})}</p>`,yes:s(
"cancel.yes"),act:async()=>(await x("PATCH",B(e,"/pending"),{query:{request_id:e.request_id},json:{cancellation_requested:!0}}),
await t(),s("cancel.done",{name:e.name}))}),cl=(e,t)=>pe({title:s("delete.title",{name:e.name}),text:c`<p>${s(e.issuer===
"Unknown"?"delete.text-own":"delete.text-issuer",{issuer:e.issuer})}</p>`,yes:s("delete.yes"),danger:!0,act:async()=>(await x(
"DELETE",B(e,"/pending"),{query:{request_id:e.request_id}}),await t(),s("delete.done",{name:e.name}))});function va({view:e}){let t=e.csr,n=async()=>{try{await navigator.clipboard.writeText(t.pem),D.value=s("csr.copied")}catch{
D.value=s("csr.not-copied")}},r=[["csr.subject",t.subject],...Object.entries(t.names).map(([o,a])=>[`csr.${o}`,a.join(",\
 ")]),["csr.key",t.key],["csr.ekus",t.ekus.join(", ")],["csr.usage",t.key_usage.join(", ")],["csr.sha256",t.key_sha256]];
return c`<details class="csr" open=${e.status==="inProgress"&&e.issuer==="Unknown"}>
    <summary><h2>${s("csr.title")}</h2></summary>
    <dl class="facts">${r.filter(([,o])=>o).map(([o,a])=>c`<dt>${s(o)}</dt><dd><bdi>${a}</bdi></dd>`)}</dl>
    <textarea class="pem" readonly rows="8" aria-label=${s("csr.title")} value=${t.pem}></textarea>
    <div class="buttons">
      <button onClick=${n}>${s("csr.copy")}</button>
      <button onClick=${()=>it(`${e.name}.csr`,new Blob([t.pem],{type:"application/x-pem-file"}))}>${s("csr.save")}</button>
    </div>
  </details>`}function ya({view:e,messages:t}){let n=(...m)=>e.history.find(p=>m.includes(p.act)),r=n("created","adopted","replaced"),
[o,a]=[n("asked"),e.history.findLast(m=>m.act==="approved")],i=e.history.find(m=>m.certificate),l=t.filter(m=>m.outcome===
"delivered").at(-1),d=e.status==="inProgress",f=!d&&!i&&e.state!=="done",u=[{key:"asked",at:(o??r)?.at??e.created,who:(o??
r)?.by??e.by},...a?[{key:"approved",at:a.at,who:a.by}]:[],...e.issuer==="Unknown"?[{key:"csr",at:e.csr||!d?e.created:null}]:
[{key:"issuer",at:e.created,who:e.issuer}],{key:"told",at:l?.settled,who:l&&(l.to.join(", ")||l.channel)},...e.issuer===
"Unknown"?[{key:"chain",at:i?.at,who:i?.file?.name}]:[],{key:"merged",at:i?.at??(e.state==="done"?e.changed:null),who:i?.
by}],h=f?-1:u.findIndex(m=>!m.at&&m.key!=="told");return c`<section aria-labelledby="steps"><h2 id="steps">${s("steps.ti\
tle")}</h2><ol class="steps">
    ${u.map((m,p)=>c`<li key=${m.key} class=${m.at?"past":p===h?"next":"future"} aria-current=${p===h?"step":void 0}>
      <b>${s(`steps.${m.key}`)}</b>
      ${m.at?c`<time datetime=${m.at}>${q(m.at)}</time>`:c`<span class="note">${s(f?"steps.never":p===h?"steps.next":m.key===
"told"?"steps.not-yet":"steps.later")}</span>`}
      ${m.at&&m.who&&c`<span class="note"><bdi>${m.who}</bdi></span>`}
    </li>`)}
    ${f&&c`<li class="ended"><${be} state=${e.state} /> ${e.changed&&c`<time datetime=${e.changed}>${q(e.changed)}</time>`}</li>`}
  </ol></section>`}function ba({view:e,messages:t}){let n=e.history.map(a=>({at:a.at,line:c`<b>${$a(`act-done.${a.act}`,
a.act)}</b> ${ul(a)} ${a.note&&c`<span lang="en">${a.note}</span>`} ${dl(a)}`})),r=t.map(a=>({at:a.settled,line:c`<b>${$a(
`outcome.${a.outcome}`,a.outcome)}</b> ${s("history.message",{type:a.type.replace(/^Certflow\./,"").replaceAll(".",": "),
to:a.to.join(", ")||a.channel})} ${a.reason&&c`<span lang="en">${a.reason}</span>`}`})),o=[...n,...r].sort((a,i)=>a.at<i.
at?1:-1);return c`<section aria-labelledby="history"><h2 id="history">${s("history.title")}</h2>
    <ol class="history">${o.map(a=>c`<li><time datetime=${a.at}>${q(a.at)}</time><span>${a.line}</span></li>`)}</ol>
  </section>`}var $a=(e,t)=>de(e)?s(e):t,ul=e=>e.actor?.kind==="system"?s("history.by-itself"):e.by&&s(e.verified===!1?"\
history.by-unverified":"history.by",{by:e.by}),dl=e=>e.file&&c`<span class="note"><bdi>${e.file.name}</bdi> (SHA-256 ${e.
file.sha256.slice(0,16)}…)</span>`;var pl=2e4;function wa(){let[e="",t="",n=""]=E.value.parts,r=j({view:null,messages:[],problem:null}),o=ie(0),a=async()=>{
let u=++o.current,h=m=>{u===o.current&&(r.value={...r.value,...m})};try{let m=await x("GET",B({vault:e,name:t},"/pending\
/view"),{query:{request_id:n}});h({view:m,problem:null});let p=await x("GET","messages",{query:{vault:e,name:t,limit:"10\
0"}});h({messages:p.value.filter(_=>fl(_,m))})}catch(m){h({problem:m instanceof P?m:new P(0,void 0,`${m}`)})}},i=JSON.stringify(
re.value.filter(u=>u.vault===e.toLowerCase()&&u.name.toLowerCase()===t.toLowerCase()).map(u=>[u.request_id,u.state,u.changed,
u.owner,u.quiet_until,u.error]));L(()=>{a();let u=setTimeout(a,pl);return()=>clearTimeout(u)},[i]);let{view:l,messages:d,
problem:f}=r.value;return l?c`
    <p class="crumbs"><a href="#/requests">${s("requests.title")}</a></p>
    <h1><bdi>${l.name}</bdi> <${be} state=${l.state} /></h1>
    ${f&&c`<p class="band warning" role="status">${s("request.old")} <span lang="en">${T(f)}</span></p>`}
    ${l.key_vault&&c`<p class="band warning" role="status">${ml(l.key_vault)} <span lang="en">${l.key_vault.why}</span></p>`}
    ${l.current&&c`<p class="band">${s("request.another")} <a href=${J({...l,request_id:l.current})}>${s("request.see-an\
other")}</a></p>`}
    <section class="now" aria-labelledby="now">
      <h2 id="now">${s("now.title")}</h2>
      ${l.state==="stalled"&&l.created&&c`<p><${be} state="stalled" /> ${s("request.stalled",{since:te(l.created,U.value)})}</p>`}
      <p class="sentence">${_l(l)}</p>
      ${l.error&&c`<p class="error" lang="en">${l.error.message??l.error.code}</p>`}
      ${l.check_error&&c`<p class="note">${s("request.check-error")} <span lang="en">${l.check_error}</span></p>`}
      <${_a} view=${l} reread=${a} />
    </section>
    <${ya} view=${l} messages=${d} />
    <${$l} view=${l} />
    ${l.csr&&c`<${va} view=${l} />`}
    <${ba} view=${l} messages=${d} />`:c`<h1><bdi>${t}</bdi></h1>${f?c`<${hl} of=${{vault:e,name:t}} problem=${f} />`:c`<p role="status">${s(
"loading")}</p>`}`}var fl=({happened:e},t)=>Date.parse(e)>=Date.parse(t.created??"")-ga&&(t.status==="inProgress"||Date.
parse(e)<=Date.parse(t.changed??"")+ga),ga=2e3,ml=({unreachable_since:e})=>e?s("request.silent-since",{when:q(e)}):s("re\
quest.silent");function hl({of:e,problem:t}){let n=t.body?.request_id;return c`<p class="problem" role="alert" lang="en">${T(
t)}</p>
    ${n&&c`<p><a href=${J({...e,request_id:n})}>${s("request.see-another")}</a></p>`}
    <p><a href=${`#/requests?q=${encodeURIComponent(e.name)}`}>${s("request.all-of-name")}</a></p>`}function _l({what_now:{
code:e,values:t}}){let n=new Set(["since","at","not_after","next_check"]),r=Object.fromEntries(Object.entries(t).map(([o,
a])=>[o,n.has(o)?vl(o,a):a]));return ve(t.signer)&&delete r.signer,"issuer"in r&&(r.issuer=K(r.issuer??null)),Ao([`now.${e}\
.whole`,`now.${e}`],r)}var vl=(e,t)=>e==="not_after"?zt(t):te(t,U.value);function $l({view:e}){let t=e.certificate,n=[["\
column.vault",e.vault],["column.issuer",K(e.issuer)],["column.owner",e.owner??s("nobody")],["column.signer",e.signer],["\
column.by",e.by&&(e.by_verified===!1?s("request.unverified",{by:e.by}):e.by)],["column.behalf",e.on_behalf_of],["column.\
ca",t?.ca],["column.serial",t?.serial],["column.thumbprint",t?.thumbprint],["column.ends",t?.not_after&&q(t.not_after)],
["column.quiet",e.quiet_until&&`${q(e.quiet_until)}${e.quiet_why?`: ${e.quiet_why}`:""}`]];return c`<section aria-labelledby="facts"><h2 id="facts">${s(
"request.facts")}</h2><dl class="facts">
    ${n.filter(([,r])=>r).map(([r,o])=>c`<dt>${s(r)}</dt><dd><bdi>${o}</bdi></dd>`)}
  </dl></section>`}function ka(){let e=E.value.query.get("whose")==="everybody",t=j({busy:!1,problem:""}),n=re.value.filter(Jt),r=n.filter(
i=>ve(i.signer)),o=e?n:r,a=async()=>{t.value={busy:!0,problem:""};try{await Ft(await Ee("GET","csrs",{query:e?{}:{signer:Oe()}}),
"csrs.zip"),D.value=s("sign.saved",{count:o.length}),t.value={busy:!1,problem:""}}catch(i){t.value={busy:!1,problem:T(i)}}};
return c`
    <h1>${s("sign.title")}</h1>
    <div class="chips" role="group" aria-label=${s("sign.whose")}>
      <button aria-pressed=${!e} onClick=${()=>z({whose:""})}>${s("sign.mine")} <b>${r.length}</b></button>
      <button aria-pressed=${e} onClick=${()=>z({whose:"everybody"})}>${s("sign.everybody")} <b>${n.length}</b></button>
    </div>
    ${o.length>0&&c`<div class="tools">
      <button class="main" disabled=${t.value.busy} onClick=${a}>${s("sign.take",{count:o.length})}</button>
      <a class="button" href="#/drop">${s("sign.return")}</a>
      <span class="note">${s("sign.manifest")}</span>
    </div>`}
    ${t.value.problem&&c`<p class="problem" role="alert" lang="en">${t.value.problem}</p>`}
    ${o.length?c`<ol class="cards">${o.map(i=>c`<${wl} key=${i.key} row=${i} />`)}</ol>`:c`<${yl} others=${n.length} everybody=${e} />`}`}
function yl({others:e,everybody:t}){return G.value?c`<p class="empty">${s("sign.none")} ${!t&&e>0&&s("sign.others",{count:e})}</p>`:
c`<p class="empty" role="status">${Q.value.problem?"":s("loading")}</p>`}var en=new Map,bl=Gt(2),Yn=8,gl=e=>e.slice(0,Yn).
join(", ")+(e.length>Yn?` ${s("sign.more",{count:e.length-Yn})}`:"");function wl({row:e}){let t=e.created??"",n=e.request_id??
"",r=ie(null),o=j(en.get(n)??null);L(()=>{let d=new AbortController,f=async()=>{if(d.signal.aborted||en.has(n))return;let h=await x(
"GET",B(e,"/pending/view"),{query:{request_id:n},signal:d.signal});en.set(n,o.value=h.csr)},u=new IntersectionObserver(([
h])=>{h?.isIntersecting&&(u.disconnect(),bl(f).catch(()=>{}))});return!en.has(n)&&r.current&&u.observe(r.current),()=>{u.
disconnect(),d.abort()}},[n]);let[a,i,l]=[Object.values(o.value?.names??{}).flat(),o.value?.key,o.value?.ekus??[]];return c`<li class="card" ref=${r}>
    <h2><a href=${J({...e,request_id:n})}><bdi>${e.name}</bdi></a></h2>
    <dl>
      <dt>${s("column.vault")}</dt><dd>${e.vault}</dd>
      <dt>${s("column.waiting")}</dt><dd><time datetime=${t} title=${t&&q(t)}>${t?He((U.value-Date.parse(t))/1e3):""}</time></dd>
      <dt>${s("column.names")}</dt><dd><bdi>${gl(a.length?a:e.names)||e.name}</bdi></dd>
      ${i&&c`<dt>${s("csr.key")}</dt><dd>${i}</dd><dt>${s("csr.ekus")}</dt><dd>${l.join(", ")||s("nothing")}</dd>`}
      <dt>${s("column.owner")}</dt><dd>${e.owner??s("nobody")}</dd>
      <dt>${s("column.signer")}</dt><dd>${e.signer??s("nobody")}</dd>
      ${e.by&&c`<dt>${s("column.by")}</dt><dd>${e.by}</dd>`}
    </dl>
  </li>`}var kl=6e5,Zn=k(!1);function xa(e){setInterval(async()=>{if(document.hidden)return;let t=await fetch(new URL("config.jso\
n",ce),{cache:"no-cache"}).then(n=>n.json()).catch(()=>{});t?.build&&t.build!==e&&(Zn.value=!0)},kl)}var Sa={requests:Lo,sign:ka,request:wa,drop:ua,new:ea,approvals:Wo,approval:aa},xl=["requests","sign","drop","new","appr\
ovals"];function Ta(){let e=E.value.page||"requests",t=Object.hasOwn(Sa,e)?Sa[e]:void 0;return L(()=>{Oo(),document.title=
`${s(`title.${t?e:"none"}`,{name:E.value.parts[1]??""})} · Certflow`,document.querySelector("h1")?.setAttribute("tabind\
ex","-1"),document.activeElement===document.body&&document.querySelector("h1")?.focus()},[e,E.value.parts.join("/")]),c`
    <a class="skip" href="#main" onClick=${Sl}>${s("nav.skip")}</a>
    <header><a class="brand" href="#/requests">Certflow</a>
      <nav aria-label=${s("nav.title")}>${xl.filter(n=>n!=="approvals"||Vt()).map(n=>c`<a key=${n} href=${`#/${n}`} aria-current=${n===
e?"page":void 0}>${s(`nav.${n}`)}${Tl(n)}</a>`)}</nav>
      <span class="who" title=${(qe.value?.caller.roles??[]).join(", ")}>${qe.value?.caller.name??""}</span>
    </header>
    <${Al} />
    <div role="status" aria-live="polite">${D.value&&c`<div class="said band"><span>${D.value}</span>
      <button class="plain" onClick=${()=>D.value=""}>${s("said.close")}</button></div>`}</div>
    <main id="main">${t?c`<${t} key=${[e,...E.value.parts,e==="new"&&E.value.query].join("/")} />`:c`<h1>${s("title.none")}</h1><p><a href="#/requests">${s(
"nav.requests")}</a></p>`}</main>
    <${Co} /><${ha} />`}function Sl(e){e.preventDefault(),document.querySelector("h1")?.focus()}function Tl(e){if(e==="d\
rop"&&ze.value)return c` <b>${ze.value}</b>`;let t=e==="approvals"?(lt.value??[]).filter(Be).length:0;if(t)return c` <b title=${s(
"nav.mine")}>${t}</b>`;let n=e==="requests"?re.value.filter(r=>r.state==="stalled"||r.state==="failed").length:0;return n?
c` <b title=${s("nav.urgent")}>${n}</b>`:null}function Al(){let e=Object.entries(G.value?.vaults??{}).filter(([,t])=>t.down_since);
return c`<div class="bands">
    ${H.value.state==="ended"&&c`<${El} />`}
    ${Q.value.problem&&c`<div class="band warning" role="status">${s("band.old")} <span lang="en">${T(Q.value.problem)}</span>
      ${G.value&&s("band.as-of",{when:q(new Date(Q.value.at)),age:In(Q.value.at,U.value)})}
      <button onClick=${ye}>${s("band.again")}</button></div>`}
    ${Zn.value&&c`<div class="band" role="status">${s("band.newer")} <button onClick=${()=>location.reload()}>${s("band.\
reload")}</button></div>`}
    ${e.map(([t,n])=>c`<div key=${t} class="band warning" role="status">
      ${s("band.vault",{vault:t,when:q(n.down_since??""),age:In(n.down_since??"",U.value)})}</div>`)}
  </div>`}function El(){let e=j(!1),t=ze.value;return c`<div class="band danger" role="alert">
    <p><b>${s("session.ended")}</b> ${t>0?s("session.keeps",{count:t}):s("session.waits")} ${(t>0||ut())&&s("session.rel\
oad")}</p>
    ${H.value.other&&c`<p>${s("session.somebody-else",{name:qe.value?.caller.name??""})}</p>`}
    ${H.value.words&&c`<p class="note" lang="en">${H.value.words}</p>`}
    ${e.value&&c`<p>${s("session.blocked")}</p>`}
    <button class="main" onClick=${()=>e.value=!po()}>${s("session.again")}</button>
  </div>`}var tn=({words:e})=>c`<main class="plain-page"><h1>${s("refused.title")}</h1>
  <p lang="en">${e}</p><button class="main" onClick=${()=>Mt("select_account")}>${s("refused.again")}</button></main>`,Aa=({
words:e})=>c`<main class="plain-page"><h1>${s("away.title")}</h1>
  <p lang="en">${e}</p><button class="main" onClick=${()=>location.reload()}>${s("band.again")}</button></main>`,Ea=({why:e})=>c`<main class="plain-page"><h1>${s(
"without.title")}</h1><p>${s(`without.${e}`)}</p>
  <p>${s("without.api")}</p></main>`;async function ql(){let[e]=await Promise.all([fetch(new URL("config.json",ce)).then(o=>o.json()),To("en")]);if(e.without)
return pt(c`<${Ea} why=${e.without} />`);if(!await uo(e))return;if(H.value.state==="refused")return pt(c`<${tn} words=${H.
value.words} />`);let[t,n]=[Un(),ko()],r=le(()=>{H.value.state==="ended"&&pt(c`<${tn} words=${H.value.words} />`)});try{
await t}catch(o){let a=o instanceof P&&(o.status===0||o.status===429||o.status>=500);return pt(c`<${a?Aa:tn} words=${T(o)} />`)}finally{
r()}Vo(),xa(e.build),Vt()&&Mo(),pt(c`<${Ta} />`),Ol(),await n}function Ol(){let e=n=>n.preventDefault();le(()=>{ze.value||
ut()?addEventListener("beforeunload",e):removeEventListener("beforeunload",e)});let t=H.value.state;le(()=>{let n=H.value.
state;n==="signed-in"&&t==="ended"&&Un().catch(()=>{}),t=n})}var pt=e=>xr(e,document.body);ql().catch(e=>{throw document.
getElementById("failed")?.removeAttribute("hidden"),e});
